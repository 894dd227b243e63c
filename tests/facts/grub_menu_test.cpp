// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_menu.hpp"

#include <gmock/gmock.h>

#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {
namespace {

/// What grub-mkconfig writes with GRUB_DEFAULT=saved, around entries of several kinds.
constexpr std::string_view config_text = R"(### BEGIN /etc/grub.d/00_header ###
if [ -s $prefix/grubenv ]; then
  load_env
fi
if [ "${next_entry}" ] ; then
   set default="${next_entry}"
   set next_entry=
   save_env next_entry
else
   set default="${saved_entry}"
fi
### END /etc/grub.d/00_header ###
### BEGIN /etc/grub.d/08_fallback_counting ###
if [ "${boot_counter}" = "0" ]; then
  set default=1
fi
### END /etc/grub.d/08_fallback_counting ###
menuentry_id_option="--id"
export menuentry_id_option
### BEGIN /etc/grub.d/08_linux_xen ###
menuentry 'Debian, with Xen' --class xen { multiboot2 /xen.gz
  module2 /vmlinuz-2 root=a
}
### END /etc/grub.d/08_linux_xen ###
### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian' --class debian $menuentry_id_option 'simple' {
  linux /vmlinuz-2 root=a two
}
submenu 'Advanced > all' $menuentry_id_option 'advanced' {
  menuentry 'Debian, with Linux 2' --id 'linux-2' {
    linux /vmlinuz-2 root=a two
  }
  menuentry 'Debian, with Linux 1' --id 'linux-1' {
    linux /vmlinuz-1 root=a one
  }
}
### END /etc/grub.d/10_linux ###
### BEGIN /etc/grub.d/30_uefi-firmware ###
if [ "$grub_platform" = "efi" ]; then
  menuentry 'UEFI Firmware Settings' $menuentry_id_option 'uefi' { fwsetup; }
fi
menuentry 'Last' { linux /vmlinuz-9 nine }
### END /etc/grub.d/30_uefi-firmware ###
)";

/// The kernel that starts next, "-" for something that is not this system's Linux, "?" for not known.
std::string next_kernel(const std::string& environment, std::string_view text = config_text) {
  GrubVariables variables;
  if (environment == "unreadable")
    variables.environment_is_unknown("Permission denied");
  else
    variables.read_environment(environment);
  const auto config = parse_grub_config(text, "/boot/grub/grub.cfg", variables);
  const auto item = next_of_menu(config.menu);
  if (!item) return "?";
  const auto entry = config.menu.items[*item].entry;
  return entry ? config.entries.at(*entry).kernel : "-";
}

TEST(GrubMenu, TheSavedEntryStartsNext) {
  EXPECT_EQ(next_kernel("saved_entry=simple\n"), "/vmlinuz-2");
  EXPECT_EQ(next_kernel("saved_entry=Debian\n"), "/vmlinuz-2");
  EXPECT_EQ(next_kernel("saved_entry=1\n"), "/vmlinuz-2");
  EXPECT_EQ(next_kernel("saved_entry=0\n"), "-") << "Xen counts";
  EXPECT_EQ(next_kernel(""), "-") << "nothing saved: the first";
}

TEST(GrubMenu, EntriesOfSubmenus) {
  EXPECT_EQ(next_kernel("saved_entry=advanced>linux-1\n"), "/vmlinuz-1");
  EXPECT_EQ(next_kernel("saved_entry=Advanced >> all>Debian, with Linux 1\n"), "/vmlinuz-1");
  EXPECT_EQ(next_kernel("saved_entry=2>1\n"), "/vmlinuz-1");
  EXPECT_EQ(next_kernel("saved_entry=2\n"), "/vmlinuz-2") << "a submenu starts its first";
  EXPECT_EQ(next_kernel("saved_entry=linux-1\n"), "-") << "GRUB does not look into submenus: the first";
  EXPECT_EQ(next_kernel("saved_entry=advanced>gone\n"), "/vmlinuz-2") << "the first of that submenu";
}

TEST(GrubMenu, TheEntryForOneBootGoesFirst) {
  EXPECT_EQ(next_kernel("saved_entry=simple\nnext_entry=advanced>linux-1\n"), "/vmlinuz-1");
}

TEST(GrubMenu, WhatIsNotKnownIsNotGuessed) {
  EXPECT_EQ(next_kernel("unreadable"), "?");
  EXPECT_EQ(next_kernel("saved_entry=gone\n"), "-") << "what names nothing starts the first";
  EXPECT_EQ(next_kernel("saved_entry=4\n"), "?") << "whether the firmware's entry counts is not known";
  EXPECT_EQ(next_kernel("saved_entry=99999999999999999999999\n"), "-") << "the same";
  EXPECT_EQ(next_kernel("saved_entry=0\nboot_counter=0\n"), "/vmlinuz-2") << "Fedora's way back after failed starts";
  EXPECT_EQ(next_kernel("", "set default=0\nif a; then set default=1; fi\nmenuentry a { linux /a }\n"), "?");
  EXPECT_EQ(next_kernel("", "set default=\"x$root\"\nmenuentry a { linux /a }\n"), "?");
  EXPECT_EQ(next_kernel("", "set default=2\nsubmenu a { submenu b { submenu c {"), "?");
}

TEST(GrubMenu, AFixedDefault) {
  const std::string menu = "menuentry a { linux /a }\nmenuentry b { linux /b }\n";
  EXPECT_EQ(next_kernel("", "set default=\"1\"\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", "default=b\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", menu), "/a");
  EXPECT_EQ(next_kernel("saved_entry=b\n", "set default=0\n" + menu), "/a");
}

TEST(GrubMenu, TheOneBeforeComesBack) {
  const std::string text =
      "if [ -s $prefix/grubenv ]; then\n  load_env\nfi\n"
      "if [ \"${prev_saved_entry}\" ]; then\n  set saved_entry=\"${prev_saved_entry}\"\n  save_env saved_entry\nfi\n"
      "set default=\"${saved_entry}\"\nmenuentry a { linux /a\n}\nmenuentry b { linux /b\n}\n";
  EXPECT_EQ(next_kernel("saved_entry=0\nprev_saved_entry=b\n", text), "/b");
  EXPECT_EQ(next_kernel("saved_entry=1\n", text), "/b");
}

TEST(GrubMenu, ConditionsThatAreKnownDecide) {
  const std::string menu = "menuentry a { linux /a\n}\nmenuentry b { linux /b\n}\n";
  EXPECT_EQ(next_kernel("", "set default=b\nif [ x$feature_menuentry_id = xn ]; then set default=a; fi\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", "if false; then\nmenuentry x { linux /x\n}\nfi\n" + menu), "/a");
  EXPECT_EQ(next_kernel("saved_entry=b\n", "set default=${saved_entry}\nload_env\n" + menu), "/a") << "too late";
  EXPECT_EQ(next_kernel("", "if search --file /x; then set default=b; fi\n" + menu), "?");
  EXPECT_EQ(next_kernel("", "if search --file /x; then set default=b; else set default=b; fi\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", "set default=b\nif true; then\n# nothing\nfi\n" + menu), "?") << "GRUB refuses an empty body";
}

/// Debian's GRUB takes "6.1 of mine" for the number 6, Fedora's for a title.
TEST(GrubMenu, ANameThatBeginsWithANumber) {
  GrubMenu menu;
  menu.items = {{.title = "first", .id = "a"}, {.title = "6.1 of mine", .id = "b"}};
  menu.wanted = "6.1 of mine";
  EXPECT_EQ(next_of_menu(menu), std::nullopt);
  EXPECT_EQ(next_of_menu(menu, true), 1u);
  menu.wanted = "1>";
  EXPECT_EQ(next_of_menu(menu), 1u);
  menu.wanted = "0x1";
  EXPECT_EQ(next_of_menu(menu), 1u);
  menu.wanted = "-1";
  EXPECT_EQ(next_of_menu(menu), 0u);
}

TEST(GrubMenu, LoaderEntriesAsFedoraSortsThem) {
  EXPECT_GT(compare_loader_entries("ab12-6.10.3-200.fc40.x86_64", "ab12-6.9.12-200.fc40.x86_64"), 0);
  EXPECT_GT(compare_loader_entries("ab12-6.9.12-200.fc40.x86_64", "ab12-0-rescue"), 0);
  EXPECT_LT(compare_loader_entries("ab12-6.9.0-0.rc1.fc41", "ab12-6.9.0-10.fc41"), 0);
  EXPECT_LT(compare_loader_entries("ab12-6.9~rc1-1", "ab12-6.9-1"), 0);
  EXPECT_EQ(compare_loader_entries("ab12-6.9-1", "ab12-6.9-1"), 0);
}

TEST(GrubConfig, ASubmenuInheritsWhatIsExported) {
  GrubVariables variables;
  const auto config = parse_grub_config(
      "set tuned=isolcpus=2\nset kept=nohz\nexport kept\nmenuentry a { linux /a $tuned $kept\n}\n"
      "submenu s { menuentry b { linux /b $tuned $kept\n}\n}\n",
      "/boot/grub/grub.cfg", variables);
  ASSERT_EQ(config.entries.size(), 2u);
  EXPECT_TRUE(config.entries[0].command_line->contains({"isolcpus", "2"}));
  EXPECT_FALSE(config.entries[1].command_line->may_contain({"isolcpus", "2"}));
  EXPECT_TRUE(config.entries[1].command_line->contains({"nohz", std::nullopt}));
}

TEST(GrubConfig, WhatAnEntrySetsIsItsOwn) {
  GrubVariables variables;
  const auto config = parse_grub_config(
      "set o=quiet\nmenuentry a { set o=iommu=pt\n linux /a $o x=$o\n}\nmenuentry b { linux /b $o\n}\n"
      "menuentry c { if hwmatch x; then o=debug; fi\n linux /c $o x=$o\n}\n",
      "/boot/grub/grub.cfg", variables);
  ASSERT_EQ(config.entries.size(), 3u);
  EXPECT_TRUE(config.entries[0].command_line->contains({"iommu", "pt"}));
  EXPECT_TRUE(config.entries[0].command_line->contains({"x", "iommu=pt"}));
  EXPECT_TRUE(config.entries[1].command_line->contains({"quiet", std::nullopt}));
  EXPECT_FALSE(config.entries[1].command_line->may_contain({"iommu", "pt"}));
  EXPECT_TRUE(config.entries[2].command_line->may_contain({"debug", std::nullopt}));
  EXPECT_TRUE(config.entries[2].command_line->may_contain({"x", "debug"}));
  EXPECT_FALSE(config.entries[2].command_line->contains({"x", ""})) << "it is one or the other";
}

TEST(GrubConfig, BlanksAroundAVariablePartNothing) {
  GrubVariables variables;
  const auto config =
      parse_grub_config("set o=\" one  two \"\nmenuentry a { linux /a x=$o=z \"y=$o\"\n}\n", "/boot/grub/grub.cfg", variables);
  EXPECT_TRUE(config.entries.at(0).command_line->contains({"x", "one"}));
  EXPECT_TRUE(config.entries.at(0).command_line->contains({"two", "z"}));
  EXPECT_TRUE(config.entries.at(0).command_line->contains({"y", " one  two "}));
}

TEST(GrubConfig, FunctionsGetTheirParameters) {
  GrubVariables variables;
  const auto config = parse_grub_config(
      "function gfx {\n if [ \"${1}\" = keep ]; then\n set hand=vt.handoff=7\n else\n set hand=\n fi\n}\n"
      "menuentry a { gfx keep\n linux /a $hand\n}\nmenuentry b { gfx text\n linux /b $hand\n}\n",
      "/boot/grub/grub.cfg", variables);
  EXPECT_TRUE(config.entries.at(0).command_line->contains({"vt.handoff", "7"}));
  EXPECT_FALSE(config.entries.at(1).command_line->may_contain({"vt.handoff", "7"}));
}

TEST(GrubConfig, CustomCfgBesideIt) {
  const std::string text =
      "set default=0\nmenuentry a { linux /a\n}\nif [ -f ${config_directory}/custom.cfg ]; then\n"
      "  source ${config_directory}/custom.cfg\nfi\n";
  const auto next = [&text](const GrubFiles& files) {
    GrubVariables variables;
    const auto config = parse_grub_config(text, "/boot/grub/grub.cfg", variables, files);
    const auto item = next_of_menu(config.menu);
    return item ? config.menu.items[*item].title : "?";
  };
  EXPECT_EQ(next([](const std::string&) { return std::string("menuentry b { linux /b\n}\nset default=b\n"); }), "b");
  EXPECT_EQ(next([](const std::string&) { return Observed<std::string>::absent(); }), "a");
  EXPECT_EQ(next([](const std::string&) { return Observed<std::string>::unreadable("closed"); }), "a")
      << "nobody sets the default there; numbers behind it are open";
}

TEST(GrubConfig, ALineOfManyLongVariablesIsCut) {
  GrubVariables variables;
  const std::string words(10000, 'b');
  std::string text = "set a=\"" + words + "\"\nmenuentry x { linux /v intel_iommu=on ";
  for (int i = 0; i < 100000; ++i) text += "$a ";
  const auto config = parse_grub_config(text + "\n}\n", "g", variables);
  ASSERT_EQ(config.entries.size(), 1u);
  EXPECT_NE(config.entries[0].command_line->unknown_part, "");
  const auto too_long =
      parse_grub_config("set c='" + std::string(20000, 'b') + "'\nmenuentry x { linux /v $c\n}\n", "g", variables);
  EXPECT_NE(too_long.entries.at(0).command_line->unknown_part, "") << "not: empty";
}

}  // namespace
}  // namespace vfio_doctor
