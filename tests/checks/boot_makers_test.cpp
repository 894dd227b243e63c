// SPDX-License-Identifier: GPL-2.0-or-later
// Who makes the next start's images and entries, and from which file, is asked before a remedy names one.
#include <gmock/gmock.h>

#include "checks/advice/binding_remedy.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "efi_variable.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::efi_variable;
using ::testing::ElementsAre;
using testing::finding_about;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::only_finding;

/// An Arch whose unified image the firmware or a boot loader starts, with these lines in the preset of its kernel.
std::string arch_with_preset(const std::string& lines, const std::string& more = {}) {
  return "text /etc/os-release = ID=arch\ntext /proc/cmdline = root=LABEL=own rw\n" +
         efi_variable("StubInfo", "systemd-stub 257") +
         "text /efi/EFI/Linux/arch-linux.efi = x\nfile /etc/mkinitcpio.d/linux.preset\n| PRESETS=('default' 'fallback')\n" +
         lines + more;
}
const std::string image = "| default_uki=\"/efi/EFI/Linux/arch-linux.efi\"\n";

TEST(BootMakers, APresetThatNamesAFileIsHeard) {
  for (const std::string line :
       {"| default_cmdline=\"/etc/line-own\"\n", "| ALL_cmdline='/etc/line-own'\n",
        "| default_options=\"-S kms --cmdline /etc/line-own\"\n", "| default_options=(--cmdline /etc/line-own)\n"}) {
    const auto host = host_of(arch_with_preset(image + line,
                                               "text /etc/line-own = root=LABEL=own rw\n"
                                               "text /etc/kernel/cmdline = root=LABEL=other\n"));
    const auto remedy = add_kernel_argument(host, "intel_iommu=on");
    ASSERT_GE(remedy.commands.size(), 3u) << line;
    EXPECT_THAT(remedy.commands[0], HasSubstr("/etc/line-own")) << line;
    EXPECT_THAT(remedy.commands, Contains("sudo mkinitcpio -P")) << line;
    EXPECT_FALSE(remedy.by_hand) << line;
  }
}

TEST(BootMakers, APresetMayNameADirectoryOfPieces) {
  const auto host = host_of(
      arch_with_preset(image + "| ALL_cmdline=\"/etc/pieces\"\n", "text /etc/pieces/20-root.conf = root=LABEL=own rw\n"));
  EXPECT_THAT(add_kernel_argument(host, "iommu=pt").commands.at(0), HasSubstr("/etc/pieces/20-root.conf"));
}

TEST(BootMakers, APathThatIsNoneGetsIntoNoCommand) {
  for (const std::string path : {"line-own", "/etc/../../own", "/etc/own; reboot", "/etc/`own`"}) {
    const auto remedy = add_kernel_argument(host_of(arch_with_preset(image + "| ALL_cmdline='" + path + "'\n")), "iommu=pt");
    for (const auto& command : remedy.commands) EXPECT_THAT(command, Not(HasSubstr("own"))) << path;
  }
  const auto pieces =
      add_kernel_argument(host_of(arch_with_preset(image, "text /etc/cmdline.d/own;x.conf = root=LABEL=own\n")), "iommu=pt");
  EXPECT_EQ(pieces.commands.at(0), "sudoedit '/etc/cmdline.d/own;x.conf'");
}

TEST(BootMakers, ThePresetOfAnImageThatIsNotMadeCountsForNothing) {
  const auto host = host_of(
      arch_with_preset(image + "| fallback_cmdline=\"/etc/never\"\n", "text /etc/kernel/cmdline = root=LABEL=own rw\n"));
  EXPECT_THAT(add_kernel_argument(host, "iommu=pt").commands.at(0), HasSubstr(" /etc/kernel/cmdline"));
}

TEST(BootMakers, PresetsThatMakeNoImageAreNotRunForOne) {
  const auto with_file = add_kernel_argument(host_of(arch_with_preset("| default_image=/boot/i.img\n",
                                                                      "text /etc/kernel/cmdline = root=LABEL=own rw\n")),
                                             "iommu=pt");
  EXPECT_THAT(with_file.commands, Not(Contains("sudo mkinitcpio -P")));
  EXPECT_THAT(with_file.text, HasSubstr("which is not known"));
  EXPECT_TRUE(with_file.by_hand);
  const auto without = add_kernel_argument(host_of(arch_with_preset("| default_image=/boot/i.img\n")), "iommu=pt");
  EXPECT_THAT(without.commands, IsEmpty());
  EXPECT_THAT(without.text, AllOf(HasSubstr("Nothing here tells which program"), HasSubstr("root=")));
}

TEST(BootMakers, ImagesWithoutALineAreNoReasonToWriteOne) {
  const auto remedy = add_kernel_argument(host_of(arch_with_preset(image + "| default_options=\"--no-cmdline\"\n",
                                                                   "text /etc/kernel/cmdline = root=LABEL=own rw\n")),
                                          "iommu=pt");
  EXPECT_THAT(remedy.commands, IsEmpty());
  EXPECT_THAT(remedy.text, HasSubstr("--no-cmdline"));
}

TEST(BootMakers, TheLineOfAPackageIsNotEditedButReplaced) {
  const auto remedy =
      add_kernel_argument(host_of(arch_with_preset(image, "text /usr/lib/kernel/cmdline = root=LABEL=own rw audit=0\n")),
                          "iommu=pt");
  EXPECT_THAT(remedy.text, HasSubstr("/usr/lib/kernel/cmdline was taken"));
  EXPECT_THAT(remedy.commands, ElementsAre("sudo mkdir -p /etc/kernel",
                                           "echo 'root=LABEL=own rw audit=0 iommu=pt' | sudo tee /etc/kernel/cmdline",
                                           "sudo mkinitcpio -P", "sudo reboot"));
}

const std::string suse =
    "file /etc/os-release\n| ID=opensuse-tumbleweed\n| ID_LIKE=suse\nseen /usr/bin/sdbootutil\n"
    "file /boot/efi/loader/entries/own-6.16.conf\n| title own\n| linux /own/linux\n| options root=LABEL=own quiet\n";

TEST(BootMakers, SdbootutilWritesTheEntriesAlsoWithoutTheFile) {
  for (const auto& started :
       {"text /proc/cmdline = root=LABEL=own quiet\n" + efi_variable("LoaderInfo", "systemd-boot 257"),
        "text /proc/cmdline = BOOT_IMAGE=/own/linux root=LABEL=own quiet\n" + efi_variable("LoaderInfo", "GRUB 2.12")}) {
    const auto remedy = add_kernel_argument(host_of(suse + started), "iommu=pt");
    EXPECT_THAT(remedy.commands,
                ElementsAre("sudo mkdir -p /etc/kernel", "echo 'root=LABEL=own quiet iommu=pt' | sudo tee /etc/kernel/cmdline",
                            "sudo sdbootutil update-all-entries", "sudo reboot"));
  }
}

TEST(BootMakers, SdbootutilPutsTheRootThereItself) {
  const auto remedy =
      add_kernel_argument(host_of(suse + "text /proc/cmdline = root=LABEL=own quiet\ntext /etc/kernel/cmdline = quiet\n" +
                                  efi_variable("LoaderInfo", "systemd-boot 257")),
                          "iommu=pt");
  EXPECT_THAT(remedy.text, Not(HasSubstr("root=")));
  EXPECT_FALSE(remedy.by_hand);
}

TEST(BootMakers, GrubWithLoaderEntriesAloneReadsThem) {
  const auto host = host_of("complete\n" + suse + "text /proc/cmdline = BOOT_IMAGE=/own/linux root=LABEL=own quiet\n" +
                            "text /etc/kernel/cmdline = root=LABEL=own quiet\n" + efi_variable("LoaderInfo", "GRUB 2.12"));
  EXPECT_EQ(only_finding("command-line-drift", host).status, Status::pass);
}

TEST(BootMakers, AnEntryThatSaysWhoWroteItIsNotEdited) {
  const std::string entry =
      "file /boot/loader/entries/fedora-6.16.conf\n| # Boot Loader Specification type#1 entry\n"
      "| # File created by /usr/lib/kernel/install.d/90-loaderentry.install (systemd 257)\n| linux /x/linux\n"
      "| options root=LABEL=own ro\ntext /etc/kernel/cmdline = root=LABEL=own ro\ntext /proc/cmdline = root=LABEL=own ro\n" +
      efi_variable("LoaderInfo", "systemd-boot 257");
  const auto debian = add_kernel_argument(host_of("text /etc/os-release = ID=own\n" + entry), "iommu=pt");
  EXPECT_THAT(debian.commands, Contains("sudo kernel-install add-all"));
  EXPECT_THAT(debian.commands.at(0), HasSubstr("/etc/kernel/cmdline"));
  const auto gentoo = add_kernel_argument(host_of("text /etc/os-release = ID=gentoo\n" + entry), "iommu=pt");
  EXPECT_THAT(gentoo.text, HasSubstr("emerge --config"));
  EXPECT_TRUE(gentoo.by_hand);
}

TEST(BootMakers, DracutsOwnImagesHaveTheirLineInItsConfiguration) {
  const std::string void_linux = "text /etc/os-release = ID=void\ntext /proc/cmdline = root=LABEL=own ro\n" +
                                 efi_variable("StubInfo", "systemd-stub 257") + "text /efi/EFI/Linux/linux-own.efi = x\n";
  const auto remedy =
      add_kernel_argument(host_of(
                              void_linux +
                              "file /etc/dracut.conf.d/20-own.conf\n| uefi=\"yes\"\n| kernel_cmdline=\"root=LABEL=own ro\"\n"),
                          "iommu=pt");
  EXPECT_THAT(remedy.commands.at(0), AllOf(HasSubstr("/etc/dracut.conf.d/20-own.conf"), HasSubstr("ro iommu=pt")));
  EXPECT_THAT(remedy.text, HasSubstr("anew with dracut"));
  EXPECT_TRUE(remedy.by_hand);
  const auto none = add_kernel_argument(host_of(void_linux + "text /etc/dracut.conf.d/20-own.conf = uefi=yes\n"), "iommu=pt");
  EXPECT_THAT(none.commands, IsEmpty());
  EXPECT_THAT(none.text, HasSubstr("kernel_cmdline="));
}

TEST(BootMakers, OnNixosTheConfigurationIsNamedAndNoFileWritten) {
  const std::string nixos =
      "text /etc/os-release = ID=nixos\ntext /proc/cmdline = init=/nix/store/own/init\n"
      "pci 05:00.0 id=10de:1c82 class=030000 driver=nouveau\n";
  const auto remedy = add_kernel_argument(host_of(nixos), "iommu=pt");
  EXPECT_THAT(remedy.commands, ElementsAre("sudo nixos-rebuild boot", "sudo reboot"));
  EXPECT_THAT(remedy.text, AllOf(HasSubstr("\"iommu=pt\""), HasSubstr("boot.kernelParams"), HasSubstr("flake")));
  const auto host = host_of(nixos);
  const auto binding = give_to_vfio_at_start(host, {host.find(*PciAddress::parse("05:00.0"))}, KnownBy::ids);
  EXPECT_EQ(binding.impossible, "");
  EXPECT_THAT(binding.remedy.commands, ElementsAre("sudo nixos-rebuild boot", "sudo reboot"));
  EXPECT_THAT(binding.remedy.text, AllOf(HasSubstr("boot.extraModprobeConfig"), HasSubstr("options vfio_pci ids=10de:1c82")));
  EXPECT_THAT(binding.remedy.files, IsEmpty());
}

const std::string ostree =
    "seen /run/ostree-booted\ntext /proc/cmdline = BOOT_IMAGE=/ostree/own/vmlinuz root=LABEL=own ostree=/ostree/own/0\n"
    "text /boot/grub2/grub.cfg = blscfg\nfile /boot/loader/entries/ostree-3.conf\n| version 3\n| linux /ostree/own/vmlinuz\n"
    "| options root=LABEL=own ostree=/ostree/own/0\n";

TEST(BootMakers, ADeploymentThatWaitsForTheEndOfThisStartIsNotKnown) {
  const std::string own = "complete\nfile /etc/os-release\n| ID=fedora\n| VARIANT_ID=kinoite\n" + ostree;
  EXPECT_EQ(only_finding("command-line-drift", host_of(own)).status, Status::pass);
  const auto host = host_of(own + "seen /run/ostree/staged-deployment\n");
  const auto finding = only_finding("command-line-drift", host);
  EXPECT_EQ(finding.status, Status::unknown);
  EXPECT_TRUE(finding.quiet);
  EXPECT_THAT(finding.summary, HasSubstr("staged"));
  EXPECT_THAT(add_kernel_argument(host, "iommu=pt").text, HasSubstr("only the reboot is left"));
}

TEST(BootMakers, DeploymentsOfAnotherSystemAreNoUnknownBootLoader) {
  const auto remedy =
      add_kernel_argument(host_of("file /etc/os-release\n| ID=endless\n| ID_LIKE=debian\n" + ostree), "iommu=pt");
  EXPECT_THAT(remedy.text, AllOf(HasSubstr("deployments of ostree"), Not(HasSubstr("Which boot loader"))));
  EXPECT_THAT(remedy.commands, IsEmpty());
}

TEST(BootMakers, StanzasOfRefindAreNotEditedInAFileThatIsNotThere) {
  const auto remedy =
      add_kernel_argument(host_of("complete\ntext /etc/os-release = ID=arch\ntext /proc/cmdline = root=LABEL=own\n" +
                                  efi_variable("LoaderInfo", "rEFInd 0.14.2")),
                          "iommu=pt");
  EXPECT_THAT(remedy.commands, IsEmpty());
  EXPECT_THAT(remedy.text, HasSubstr("refind.conf"));
}

TEST(BootMakers, WhatAnotherEntryHasIsNotSaidToWaitForAStart) {
  const auto host = host_of(
      "complete\ntext /etc/os-release = ID=arch\ntext /proc/cmdline = root=LABEL=own\nseen /sys/firmware/acpi/tables/DMAR\n"
      "file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : fpu vmx\ndir /sys/kernel/iommu_groups\n"
      "pci 05:00.0 id=10de:1c82 class=030000\n"
      "file /efi/loader/loader.conf\n| default two.conf\n| preferred one.conf\n"
      "file /efi/loader/entries/one.conf\n| linux /one\n| options root=LABEL=own\n"
      "file /efi/loader/entries/two.conf\n| linux /two\n| options root=LABEL=own intel_iommu=on\n" +
      efi_variable("LoaderInfo", "systemd-boot 260"));
  const auto finding = finding_about("iommu-active", host);
  ASSERT_FALSE(finding.remedy.empty());
  EXPECT_THAT(finding.remedy.front().text, Not(HasSubstr("written down already")));
  EXPECT_THAT(finding.remedy.front().commands.at(0), HasSubstr("/efi/loader/entries/one.conf"));
}

TEST(BootMakers, AcsOverrideIsNotAskedForByOneCheckAndRefusedByAnother) {
  const auto host = host_of(
      "complete\ntext /etc/os-release = ID=debian\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz root=LABEL=own "
      "pcie_acs_override=downstream\nfile /boot/grub/grub.cfg\n| menuentry 'own' {\n|   linux /vmlinuz root=LABEL=own\n| }\n");
  const auto finding = only_finding("command-line-drift", host);
  EXPECT_EQ(finding.status, Status::warn);
  EXPECT_THAT(finding.remedy, IsEmpty());
}

TEST(BootMakers, NoFilesOfABootAreNoProblemOfTheirOwn) {
  const auto finding = only_finding("command-line-drift", host_of("complete\ntext /proc/cmdline = root=LABEL=own\n"));
  EXPECT_EQ(finding.status, Status::unknown);
  EXPECT_TRUE(finding.quiet);
}

TEST(BootMakers, BlscfgPutsABlankBehindEachVariable) {
  const auto host = host_of(
      "complete\ntext /etc/os-release = ID=fedora\ntext /proc/cmdline = BOOT_IMAGE=/vmlinuz root=LABEL=own ro quiet splash\n"
      "file /boot/grub2/grub.cfg\n| load_env\n| blscfg\nfile /boot/grub2/grubenv\n| one=root=LABEL=own ro\n| two=quiet\n"
      "file /boot/loader/entries/own.conf\n| linux /vmlinuz\n| options $one$two splash\n");
  EXPECT_EQ(only_finding("command-line-drift", host).status, Status::pass);
}

TEST(BootMakers, AnotherHypervisorsGuestGetsNoWordsOfLibvirts) {
  const std::string guest =
      "complete\ntext /proc/cmdline = root=LABEL=own\nfile /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : fpu vmx "
      "hypervisor\n"
      "dir /sys/class/iommu/dmar0\nfile /proc/interrupts\n|            CPU0\n|  24:          7  IO-APIC 2-edge  timer\n"
      "|  25:          9  PCI-MSI-0000:05:00.0 0-edge  own\npci 05:00.0 id=8086:1521 class=020000 driver=igb group=2\n";
  const auto words = [&guest](const std::string& log) {
    const auto finding = finding_about("interrupt-remapping", host_of(guest + log));
    return finding.remedy.empty() ? std::string() : finding.remedy.front().text;
  };
  EXPECT_THAT(words(""), HasSubstr("libvirt"));
  const auto other = words("file /run/vfio-doctor/kernel.log\n| [    0.100000] Hypervisor detected: Microsoft Hyper-V\n");
  EXPECT_THAT(other, AllOf(HasSubstr("of Microsoft Hyper-V"), Not(HasSubstr("libvirt"))));
}

}  // namespace
}  // namespace vfio_doctor
