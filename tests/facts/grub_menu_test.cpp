// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_menu.hpp"

#include <gmock/gmock.h>

#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {
namespace {

/// What grub-mkconfig writes with GRUB_DEFAULT=saved, around entries of several kinds.
constexpr std::string_view config_text = R"(### BEGIN /etc/grub.d/00_header ###
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
  const auto config = parse_grub_config(text, "grub.cfg", variables);
  const auto wanted = default_of_menu(config.menu, variables);
  const auto item = wanted ? find_in_menu(config.menu, *wanted) : std::nullopt;
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
  EXPECT_EQ(next_kernel("saved_entry=linux-1\n"), "?") << "GRUB does not look into submenus";
}

TEST(GrubMenu, TheEntryForOneBootGoesFirst) {
  EXPECT_EQ(next_kernel("saved_entry=simple\nnext_entry=advanced>linux-1\n"), "/vmlinuz-1");
}

TEST(GrubMenu, WhatIsNotKnownIsNotGuessed) {
  EXPECT_EQ(next_kernel("unreadable"), "?");
  EXPECT_EQ(next_kernel("saved_entry=gone\n"), "?");
  EXPECT_EQ(next_kernel("saved_entry=4\n"), "?") << "whether the firmware's entry counts is not known";
  EXPECT_EQ(next_kernel("saved_entry=99999999999999999999999\n"), "?");
  EXPECT_EQ(next_kernel("saved_entry=simple\nboot_counter=0\n"), "?");
  EXPECT_EQ(next_kernel("", "set default=0\nif a; then set default=1; fi\nmenuentry a { linux /a }\n"), "?");
  EXPECT_EQ(next_kernel("", "set default=\"x$y\"\nmenuentry a { linux /a }\n"), "?");
  EXPECT_EQ(next_kernel("", "set default=2\nsubmenu a { submenu b { submenu c {"), "?");
}

TEST(GrubMenu, AFixedDefault) {
  const std::string menu = "menuentry a { linux /a }\nmenuentry b { linux /b }\n";
  EXPECT_EQ(next_kernel("", "set default=\"1\"\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", "default=b\n" + menu), "/b");
  EXPECT_EQ(next_kernel("", menu), "/a");
  EXPECT_EQ(next_kernel("saved_entry=b\n", "set default=0\n" + menu), "/a");
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
