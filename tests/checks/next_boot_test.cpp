// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <chrono>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/boot/boot_drift.hpp"
#include "checks/findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::Not;
using testing::only_finding;

std::string summary(const std::string& text) { return only_finding("command-line-drift", host_of(text)).summary; }

/// Debian with two kernels; the newer one runs.
std::string debian(const std::string& saved, const std::string& running, const std::string& newer, const std::string& older) {
  return "text /etc/os-release = ID=debian\ntext /proc/sys/kernel/osrelease = 6.1.0-18-amd64\n"
         "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-18-amd64 root=a ro " +
         running + "\ntext /boot/grub/grubenv = saved_entry=" + saved +
         "\nfile /boot/grub/grub.cfg\n| set default=\"${saved_entry}\"\n"
         "| menuentry 'Newer' --id new {\n|  linux /vmlinuz-6.1.0-18-amd64 root=a ro " +
         newer + "\n| }\n| menuentry 'Older' --id old {\n|  linux /vmlinuz-6.1.0-17-amd64 root=a ro " + older +
         "\n| }\n| menuentry 'Rescue (recovery mode)' --id rescue {\n"
         "|  linux /vmlinuz-6.1.0-18-amd64 root=a ro single\n| }\n";
}

TEST(NextBoot, AnOlderEntryWithoutItIsNotTheNextBoot) {
  EXPECT_THAT(summary(debian("new", "iommu=pt", "iommu=pt", "")),
              AllOf(HasSubstr("The entry that starts next, 'Newer'"), HasSubstr("has it"),
                    Not(HasSubstr("the next boot is without"))));
}

TEST(NextBoot, ADefaultEntryWithoutItIsTheNextBoot) {
  EXPECT_THAT(summary(debian("old", "iommu=pt", "iommu=pt", "")),
              AllOf(HasSubstr("not on the one that starts next, 'Older'"), HasSubstr("the next boot is without it")));
  EXPECT_THAT(summary(debian("rescue", "iommu=pt", "iommu=pt", "iommu=pt")),
              HasSubstr("not on the one that starts next, 'Rescue (recovery mode)'"));
}

TEST(NextBoot, ARebootOnlyHelpsWhereTheDefaultEntryHasIt) {
  const auto helps = debian("old", "", "", "iommu=pt");
  EXPECT_THAT(summary(helps), HasSubstr("Not rebooted: iommu=pt is in the boot entry that starts next, 'Older'"));
  const auto does_not = only_finding("command-line-drift", host_of(debian("old", "", "iommu=pt", "")));
  EXPECT_THAT(does_not.summary, HasSubstr("the next boot is without it"));
  EXPECT_THAT(does_not.remedy.at(0).commands, Contains("sudo update-grub")) << "a reboot alone would not do";
}

TEST(NextBoot, TheRemedyFitsTheEntryThatStartsNext) {
  const auto written = only_finding("command-line-drift", host_of(debian("old", "iommu=pt", "iommu=pt", "") +
                                                                  "text /etc/default/grub = GRUB_CMDLINE_LINUX=iommu=pt\n"));
  EXPECT_THAT(written.remedy.at(0).commands, ElementsAre("sudo update-grub", "sudo reboot")) << "it is in the settings already";
  const auto rescue = only_finding("command-line-drift", host_of(debian("rescue", "iommu=pt", "iommu=pt", "iommu=pt")));
  EXPECT_THAT(rescue.remedy.at(0).text, HasSubstr("default of the boot menu"));
  EXPECT_THAT(rescue.remedy.at(0).commands, ElementsAre()) << "update-grub adds nothing to a rescue entry";
}

TEST(NextBoot, WhereTheDefaultIsNotKnownNothingIsSaidOfIt) {
  EXPECT_THAT(summary(debian("gone${root}", "iommu=pt", "iommu=pt", "")), HasSubstr("starts next, 'Newer'"))
      << "a text is no variable, and what names nothing starts the first";
  auto open = debian("new", "iommu=pt", "iommu=pt", "");
  open.insert(open.find("| menuentry 'Newer'"), "| if hwmatch /boot/list; then set default=old; fi\n");
  EXPECT_THAT(summary(open), AllOf(HasSubstr("it depends on the entry"), Not(HasSubstr("starts next"))));
}

TEST(NextBoot, SystemdBootsEfiVariableGoesBeforeItsFile) {
  const std::string host =
      "text /etc/os-release = ID=arch\ntext /proc/cmdline = initrd=\\i root=a iommu=pt\n"
      "text /boot/loader/loader.conf = default with.conf\n"
      "file /boot/loader/entries/with.conf\n| linux /v\n| options root=a iommu=pt\n"
      "file /boot/loader/entries/without.conf\n| linux /v\n| options root=a\n"
      "hex /sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n"
      "| 06 00 00 00 73 00 79 00 73 00 74 00 65 00 6d 00 64 00 2d 00 62 00 6f 00 6f 00 74 00 00 00\n";
  EXPECT_THAT(summary(host), HasSubstr("agrees with the boot entry that starts next"));
  EXPECT_THAT(summary(host + "hex /sys/firmware/efi/efivars/LoaderEntryDefault-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n"
                             "| 07 00 00 00 77 00 69 00 74 00 68 00 6f 00 75 00 74 00 2e 00 63 00 6f 00 6e 00 66 00\n"),
              HasSubstr("not on the one that starts next, 'without'"));
}

TEST(NextBoot, TheEntryToEditIsTheOneThatStartsNextAndLacksIt) {
  const std::string host =
      "text /etc/os-release = ID=arch\ntext /proc/cmdline = initrd=\\i root=a\n"
      "text /boot/loader/loader.conf = default main.conf\n"
      "file /boot/loader/entries/a-lts.conf\n| linux /v\n| options root=a\n"
      "file /boot/loader/entries/main.conf\n| linux /v\n| options root=a\n"
      "file /boot/loader/entries/vfio.conf\n| linux /v\n| options root=a iommu=pt\n";
  const auto added = add_kernel_argument(host_of(host + "| options splash\n"), "iommu=pt");
  EXPECT_EQ(added.commands.at(0), "sudoedit /boot/loader/entries/main.conf") << "two lines of options are a person's";
  EXPECT_EQ(remove_kernel_argument(host_of(host + "| options splash\n"), "iommu=pt").commands.at(0),
            "sudoedit /boot/loader/entries/vfio.conf");
  EXPECT_THAT(add_kernel_argument(host_of(host), "iommu=pt").commands,
              ElementsAre(HasSubstr("/boot/loader/entries/a-lts.conf"), HasSubstr("grep"),
                          HasSubstr("/boot/loader/entries/main.conf"), HasSubstr("grep"), "sudo reboot"));
  EXPECT_THAT(remove_kernel_argument(host_of(host), "iommu=pt").commands.at(0), HasSubstr("/boot/loader/entries/vfio.conf"));
}

TEST(NextBoot, WhatIsWrittenDownAlreadyIsNotToBeWrittenAgain) {
  const auto finding =
      only_finding("command-line-drift",
                   host_of("text /etc/os-release = ID=debian\ndir /etc/pve\ntext /etc/default/grub = GRUB_TIMEOUT=5\n"
                           "text /proc/cmdline = initrd=\\i root=a\ntext /etc/kernel/cmdline = root=a iommu=pt\n"
                           "text /boot/efi/loader/loader.conf = timeout 3\n"
                           "file /boot/efi/loader/entries/proxmox-1.conf\n| version 1\n| linux /v\n| options root=a\n"));
  EXPECT_THAT(finding.remedy.at(0).commands, ElementsAre("sudo proxmox-boot-tool refresh", "sudo reboot"));
}

TEST(NextBoot, OnFedoraAtomicTheReasonIsTheDeployment) {
  EXPECT_THAT(summary("file /etc/os-release\n| ID=fedora\n| VARIANT_ID=silverblue\n"
                      "text /etc/default/grub = GRUB_CMDLINE_LINUX=iommu=pt\ntext /boot/grub2/grub.cfg = blscfg\n"
                      "text /proc/cmdline = BOOT_IMAGE=/ostree/a/vmlinuz ostree=/ostree/boot.1/a/0 root=a\n"
                      "file /boot/loader/entries/ostree-1.conf\n| version 1\n| linux /ostree/a/vmlinuz\n"
                      "| options root=a ostree=/ostree/boot.1/a/0\n"),
              AllOf(HasSubstr("rpm-ostree"), Not(HasSubstr("BOOT_IMAGE"))));
}

TEST(NextBoot, WithoutRootSudoIsNamed) {
  const std::string host =
      "text /etc/os-release = ID=rocky\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-1 root=a\n"
      "text /etc/default/grub = GRUB_ENABLE_BLSCFG=true\nunreadable /boot/grub2/grubenv Permission denied\n"
      "file /boot/loader/entries/m-1.conf\n| version 1\n| linux /vmlinuz-1\n| options $kernelopts\n";
  EXPECT_THAT(summary(host), HasSubstr("With sudo, the boot files could be read."));
  EXPECT_THAT(summary("text /etc/os-release = ID=debian\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-1 root=a\n"
                      "text /etc/default/grub = GRUB_CMDLINE_LINUX=iommu=pt\n"
                      "unreadable /boot/grub/grub.cfg Permission denied\n"),
              HasSubstr("With sudo, the boot entries could be read and would tell which."));
}

TEST(NextBoot, AMenuOnTheEfiSystemPartitionGoesBeforeTheOneInBoot) {
  const std::string menu = "| menuentry 'x' {\n|  linux /vmlinuz-1 root=a ro ";
  const std::string host =
      "file /etc/os-release\n| ID=fedora\n| VERSION_ID=40\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-1 root=a "
      "ro\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX=iommu=pt\n"
      "file /boot/efi/EFI/fedora/grub.cfg\n" +
      menu + "\n| }\nfile /boot/grub2/grub.cfg\n" + menu + "iommu=pt\n| }\n";
  const auto finding = only_finding("command-line-drift", host_of(host + "dir /sys/firmware/efi\n"));
  EXPECT_THAT(finding.summary, HasSubstr("Edited but not applied")) << "a reboot would not help";
  EXPECT_THAT(finding.remedy.at(0).commands, Contains("sudo grub2-mkconfig -o /boot/grub2/grub.cfg"))
      << "never onto the pointer's place";
  EXPECT_THAT(summary(host), HasSubstr("Not rebooted")) << "a host that BIOS started";
}

TEST(NextBoot, EnterpriseLinux8HasItsMenuOnTheEfiSystemPartition) {
  const auto host = host_of(
      "file /etc/os-release\n| ID=rhel\n| VERSION_ID=8.9\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz-1 root=a "
      "ro\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX=iommu=pt\ndir /sys/firmware/efi\n"
      "file /boot/efi/EFI/redhat/grub.cfg\n| menuentry 'x' {\n|  linux /vmlinuz-1 root=a ro\n| }\n");
  EXPECT_THAT(apply_boot_settings_commands(host), ElementsAre("sudo grub2-mkconfig -o /boot/efi/EFI/redhat/grub.cfg"));
}

TEST(NextBoot, AMenuOfManyLongLinesIsComparedInTime) {
  std::string text = debian("new", "", "", "");
  for (int i = 0; i < 150; ++i) {
    text += "| menuentry 'x" + std::to_string(i) + "' { linux /v";
    for (int j = 0; j < 1000; ++j) text += " k" + std::to_string(i) + "_" + std::to_string(j) + "=1";
    text += "\n| }\n";
  }
  const auto host = host_of(text);
  const auto start = std::chrono::steady_clock::now();
  find_boot_drift(host);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace vfio_doctor
