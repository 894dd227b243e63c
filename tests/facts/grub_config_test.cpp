// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_config.hpp"

#include <gmock/gmock.h>

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(const BootLine& line) {
  std::vector<std::string> all;
  for (const auto& token : line.tokens) all.push_back(token.argument.text());
  return all;
}

constexpr std::string_view debian_config = R"(# generated
set default="0"
function gfxmode {
  set gfxpayload="${1}"
  if [ "${1}" = "keep" ]; then
    set vt_handoff=vt.handoff=7
  else
    set vt_handoff=
  fi
}
### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian GNU/Linux' --class debian $menuentry_id_option 'gnulinux-simple' {
	load_video
	if [ x$grub_platform = xxen ]; then gfxmode text; else gfxmode keep; fi
	echo	'Loading Linux ...'
	linux	/vmlinuz-6.1.0-18-amd64 root=UUID=1 ro  quiet intel_iommu=on $vt_handoff
	initrd	/initrd.img-6.1.0-18-amd64
}
submenu 'Advanced options' $menuentry_id_option 'advanced' {
	menuentry 'Debian GNU/Linux, with Linux 6.1.0-18-amd64 (recovery mode)' {
		linux	/vmlinuz-6.1.0-18-amd64 root=UUID=1 ro single
	}
}
### END /etc/grub.d/10_linux ###
### BEGIN /etc/grub.d/30_os-prober ###
menuentry 'Other Linux (on /dev/sdb1)' {
	linux /boot/vmlinuz root=/dev/sdb1
}
### END /etc/grub.d/30_os-prober ###
### BEGIN /etc/grub.d/40_custom ###
menuentry "Mine" { linux /vmlinuz-mine a="b c" "d=e f"; initrd /x; }
### END /etc/grub.d/40_custom ###
)";

TEST(GrubConfig, ReadsTheEntriesOfThisSystem) {
  GrubVariables variables;
  const auto config = parse_grub_config(debian_config, "/boot/grub/grub.cfg", variables);
  ASSERT_EQ(config.entries.size(), 3u) << "the entry of os-prober belongs to another system";
  const auto& first = config.entries[0];
  EXPECT_EQ(first.title, "Debian GNU/Linux");
  EXPECT_EQ(first.kernel, "/vmlinuz-6.1.0-18-amd64");
  EXPECT_EQ(first.role, BootEntryRole::normal);
  EXPECT_EQ(first.line, 12u);
  EXPECT_THAT(texts(*first.command_line), ElementsAre("root=UUID=1", "ro", "quiet", "intel_iommu=on"));
  EXPECT_EQ(first.command_line->tokens[3].place(), "/boot/grub/grub.cfg:16");
  EXPECT_TRUE(first.command_line->may_contain({"vt.handoff", "7"}));
  EXPECT_EQ(config.entries[1].role, BootEntryRole::recovery);
  EXPECT_EQ(config.entries[2].role, BootEntryRole::custom);
  EXPECT_THAT(texts(*config.entries[2].command_line), ElementsAre("a=b c", "d=e f"));
  EXPECT_TRUE(config.has_menu);
  EXPECT_FALSE(config.reads_loader_entries);
}

TEST(GrubConfig, TellsAStubFromAMenu) {
  GrubVariables variables;
  const auto stub = parse_grub_config(
      "search --no-floppy --root-dev-only --fs-uuid --set=dev 1234\nset prefix=($dev)/grub2\n"
      "export $prefix\nconfigfile $prefix/grub.cfg\n",
      "stub", variables);
  EXPECT_TRUE(stub.goes_on_elsewhere);
  EXPECT_FALSE(stub.has_menu);
  const auto fedora =
      parse_grub_config("insmod blscfg\nblscfg\nif [ -s $prefix/x ]; then configfile y; fi\n", "full", variables);
  EXPECT_TRUE(fedora.reads_loader_entries);
  EXPECT_TRUE(fedora.has_menu);
  EXPECT_FALSE(parse_grub_config("insmod blscfg\n# blscfg\n", "x", variables).reads_loader_entries);
}

TEST(GrubConfig, FillsInVariablesFromTheEnvironmentAndTheScript) {
  GrubVariables variables;
  variables.read_environment(
      "# GRUB Environment Block\nsaved_entry=a\nkernelopts=root=/dev/a ro quiet \ntuned_params=old\n####");
  parse_grub_config(
      "load_env\nset tuned_params=\"isolcpus=1,3 nohz\"\nif [ -z \"${kernelopts}\" ]; then\n  set "
      "kernelopts=\"root=b\"\nfi\n",
      "g", variables);
  EXPECT_THAT(texts(expand_grub_line("$kernelopts $tuned_params ${nothing} x=1", "e", 3, variables)),
              ElementsAre("root=/dev/a", "ro", "quiet", "isolcpus=1,3", "nohz", "x=1"));
}

TEST(GrubConfig, KerneloptsFallsBackToTheScript) {
  GrubVariables variables;
  parse_grub_config("if [ -z \"${kernelopts}\" ]; then\n  set kernelopts=\"root=b quiet\"\nfi\n", "g", variables);
  EXPECT_THAT(texts(expand_grub_line("$kernelopts", "e", 1, variables)), ElementsAre("root=b", "quiet"));
}

TEST(GrubConfig, AnUnreadableEnvironmentIsNotAnEmptyOne) {
  GrubVariables variables;
  variables.environment_is_unknown("Permission denied");
  EXPECT_NE(expand_grub_line("$kernelopts a", "e", 1, variables).unknown_part, "");
  EXPECT_EQ(expand_grub_line("a b", "e", 1, variables).unknown_part, "");
}

}  // namespace
}  // namespace vfio_doctor
