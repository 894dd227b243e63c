// SPDX-License-Identifier: GPL-2.0-or-later
// A remedy names what writes the boot entry, and never edits a file that is not there without saying what goes into it.
#include <gmock/gmock.h>

#include <algorithm>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "efi_variable.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using testing::efi_variable;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string arch = "text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw initrd=\\x.img\n";

TEST(BootWriters, AnImageMadeFromTheRunningLineFirstGetsThatLine) {
  const auto remedy =
      add_kernel_argument(host_of(arch + efi_variable("StubInfo", "systemd-stub 256") + "text /efi/EFI/Linux/own.efi = x\n"),
                          "intel_iommu=on");
  EXPECT_THAT(remedy.text, HasSubstr("is not there"));
  EXPECT_THAT(remedy.commands, ElementsAre("sudo mkdir -p /etc/kernel",
                                           "echo 'root=UUID=77-aa rw intel_iommu=on' | sudo tee /etc/kernel/cmdline",
                                           "sudo mkinitcpio -P", "sudo reboot"));
  EXPECT_THAT(remedy.risk, AllOf(HasSubstr("Medium"), Not(HasSubstr("'e'"))));
}

TEST(BootWriters, WithoutARootOnTheLineNoCommandIsGiven) {
  const auto remedy =
      add_kernel_argument(host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = quiet\n" +
                                  efi_variable("StubInfo", "systemd-stub 256") + "text /efi/EFI/Linux/own.efi = x\n"),
                          "intel_iommu=on");
  EXPECT_THAT(remedy.commands, IsEmpty());
  EXPECT_THAT(remedy.text, HasSubstr("whole command line"));
}

TEST(BootWriters, AnImageThatSystemdBootStartsIsNoLoaderEntry) {
  const auto remedy = add_kernel_argument(host_of(arch + efi_variable("LoaderInfo", "systemd-boot 256") +
                                                  efi_variable("StubInfo", "systemd-stub 256") +
                                                  "dir /efi/loader\ntext /efi/EFI/Linux/own.efi = x\n"),
                                          "intel_iommu=on");
  EXPECT_THAT(remedy.text, AllOf(HasSubstr("/etc/kernel/cmdline"), Not(HasSubstr("loader/entries"))));
}

TEST(BootWriters, PiecesOfALineAreEditedWhereTheyAre) {
  const auto remedy =
      add_kernel_argument(host_of(arch + efi_variable("StubInfo", "systemd-stub 256") + "text /efi/EFI/Linux/own.efi = x\n" +
                                  "text /etc/cmdline.d/10-root.conf = root=UUID=77-aa rw\n"),
                          "intel_iommu=on");
  EXPECT_THAT(remedy.commands.at(0), HasSubstr("/etc/cmdline.d/10-root.conf"));
}

TEST(BootWriters, SystemdBootManagerWritesTheEntries) {
  const auto host = host_of("text /etc/os-release = ID=cachyos\ntext /proc/cmdline = root=UUID=77-aa rw\n" +
                            efi_variable("LoaderInfo", "systemd-boot 256") +
                            "text /etc/sdboot-manage.conf = LINUX_OPTIONS=\"quiet intel_iommu=on\"\n"
                            "file /boot/loader/entries/linux-own.conf\n| linux /vmlinuz-own\n| options root=UUID=77-aa rw\n");
  const auto remedy = add_kernel_argument(host, "iommu=pt");
  EXPECT_THAT(remedy.commands,
              ElementsAre("sudo sed -i --follow-symlinks 's|^LINUX_OPTIONS=\"quiet intel_iommu=on\"$|"
                          "LINUX_OPTIONS=\"quiet intel_iommu=on iommu=pt\"|' /etc/sdboot-manage.conf",
                          "sudo grep -n -x -F -e 'LINUX_OPTIONS=\"quiet intel_iommu=on iommu=pt\"' /etc/sdboot-manage.conf",
                          "sudo sdboot-manage gen", "sudo reboot"));
  EXPECT_FALSE(remedy.by_hand);
  EXPECT_THAT(testing::only_finding("command-line-drift", host).summary, HasSubstr("Edited but not applied"));
}

TEST(BootWriters, EntriesOfKernelInstallComeFromItsFile) {
  const std::string entries =
      "file /boot/loader/entries/0123456789abcdef0123456789abcdef-6.9.0.conf\n| linux /k/linux\n"
      "| options root=UUID=77-aa rw\n";
  const auto remedy =
      add_kernel_argument(host_of("text /etc/os-release = ID=endeavouros\ntext /proc/cmdline = root=UUID=77-aa rw\n" +
                                  efi_variable("LoaderInfo", "systemd-boot 256") + entries +
                                  "text /etc/kernel/cmdline = root=UUID=77-aa rw\n"),
                          "iommu=pt");
  EXPECT_THAT(remedy.commands, ElementsAre("sudo sed -i --follow-symlinks 's|^root=UUID=77-aa rw$|root=UUID=77-aa rw "
                                           "iommu=pt|' /etc/kernel/cmdline",
                                           "sudo grep -n -x -F -e 'root=UUID=77-aa rw iommu=pt' /etc/kernel/cmdline",
                                           "sudo reinstall-kernels", "sudo reboot"));
}

/// kernel-install add-all finds no kernel in Debian's /boot, and fails.
TEST(BootWriters, OnDebianEachKernelIsNamed) {
  const auto commands = [](const std::string& id, const std::string& image) {
    return add_kernel_argument(host_of("text /etc/os-release = ID=" + id + "\ntext /proc/cmdline = root=UUID=77-aa rw\n" +
                                       efi_variable("LoaderInfo", "systemd-boot 256") + image +
                                       "text /etc/kernel/cmdline = root=UUID=77-aa rw\n"),
                               "iommu=pt")
        .commands;
  };
  const std::string name = "0123456789abcdef0123456789abcdef-6.9.0";
  const auto entry = "file /boot/loader/entries/" + name + ".conf\n| linux /k/linux\n| options root=UUID=77-aa rw\n";
  const auto image = "text /efi/EFI/Linux/" + name + ".efi = x\n";
  const auto each =
      R"(sudo sh -c 'for k in /boot/vmlinuz-*; do kernel-install add "${k#/boot/vmlinuz-}" "$k" || exit 1; done')";
  EXPECT_THAT(commands("debian", entry), ::testing::Contains(each));
  EXPECT_THAT(commands("debian", image), ::testing::Contains(each));
  EXPECT_THAT(commands("fedora", image), ::testing::Contains("sudo kernel-install add-all"));
  EXPECT_THAT(commands("arch", image), ::testing::Contains("sudo kernel-install add-all"));
  EXPECT_THAT(commands("arch", "text /efi/EFI/Linux/arch-linux.efi = x\n"), ::testing::Contains("sudo mkinitcpio -P"));
}

/// A kernel update writes its extlinux.conf anew.
TEST(BootWriters, AlpineWritesExtlinuxConfItself) {
  const auto host = [](const std::string& id) {
    return host_of("text /etc/os-release = ID=" + id +
                   "\ntext /proc/cmdline = BOOT_IMAGE=vmlinuz-lts initrd=initramfs-lts root=UUID=77-aa\n"
                   "file /boot/extlinux.conf\n| LABEL lts\n|   LINUX vmlinuz-lts\n|   APPEND root=UUID=77-aa\n");
  };
  EXPECT_THAT(add_kernel_argument(host("alpine"), "intel_iommu=on").commands,
              ElementsAre("sudoedit /etc/update-extlinux.conf", "sudo update-extlinux", "sudo reboot"));
  EXPECT_THAT(add_kernel_argument(host("slackware"), "intel_iommu=on").commands.at(0), HasSubstr("/boot/extlinux.conf"));
}

/// ukify's own configuration goes before /etc/kernel/cmdline.
TEST(BootWriters, TheCommandLineOfUkify) {
  const auto commands = [](const std::string& more) {
    return add_kernel_argument(host_of("text /etc/os-release = ID=fedora\ntext /proc/cmdline = root=UUID=77-aa rw\n" +
                                       efi_variable("LoaderInfo", "systemd-boot 256") +
                                       "text /efi/EFI/Linux/0123456789abcdef0123456789abcdef-6.9.0.efi = x\n"
                                       "text /etc/kernel/cmdline = root=UUID=77-aa rw\n" +
                                       more),
                               "iommu=pt")
        .commands;
  };
  const std::string layout = "text /etc/kernel/install.conf = layout=uki\n";
  const auto uki = [](const std::string& words) { return "file /etc/kernel/uki.conf\n| [UKI]\n| Cmdline=" + words + "\n"; };
  EXPECT_THAT(commands(layout + uki("root=UUID=77-aa rw quiet")).at(0),
              "sudo sed -i --follow-symlinks 's|^Cmdline=root=UUID=77-aa rw quiet$|Cmdline=root=UUID=77-aa rw quiet iommu=pt|' "
              "/etc/kernel/uki.conf");
  EXPECT_THAT(commands(layout + uki("@/srv/line")).at(0), "sudoedit /etc/kernel/uki.conf");
  EXPECT_THAT(commands(layout + uki("@/etc/kernel/cmdline")).at(0), HasSubstr(" /etc/kernel/cmdline"));
  EXPECT_THAT(commands(uki("root=UUID=77-aa rw quiet")).at(0), HasSubstr(" /etc/kernel/cmdline")) << "no such layout";
}

TEST(BootWriters, WhoMakesAnImageIsNotGuessed) {
  const auto remedy = add_kernel_argument(host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw\n" +
                                                  efi_variable("StubInfo", "systemd-stub 256") +
                                                  "text /efi/EFI/Linux/own.efi = x\ndir /etc/dracut.conf.d\ntext "
                                                  "/etc/kernel/cmdline = root=UUID=77-aa rw\n"),
                                          "iommu=pt");
  EXPECT_THAT(remedy.text, HasSubstr("which is not known"));
  EXPECT_TRUE(remedy.by_hand);
}

/// Its menus lie on partitions that are not mounted; /boot/grub/grub.cfg is not read there.
TEST(BootWriters, ProxmoxBootToolKeepsGrubsMenuElsewhere) {
  const std::string host =
      "text /etc/os-release = ID=debian\ndir /etc/pve\ntext /etc/kernel/proxmox-boot-uuids = 12AB-34CD\n"
      "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.8.12-1-pve root=ZFS=/ROOT/pve-1 ro iommu=pt\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"iommu=pt\"\n"
      "file /boot/grub/grub.cfg\n| menuentry old {\n|  linux /vmlinuz-6.8.4-1-pve root=ZFS=/ROOT/pve-1 ro\n| }\n";
  for (const auto& finding : testing::findings_of("command-line-drift", host_of(host)))
    EXPECT_EQ(finding.status, Status::unknown) << finding.summary;
  EXPECT_THAT(add_kernel_argument(host_of(host), "intel_iommu=on").commands,
              ::testing::Contains("sudo proxmox-boot-tool refresh"));
}

/// Without /etc/kernel/cmdline the running line is taken.
TEST(BootWriters, ProxmoxBootToolWithoutItsFile) {
  const auto remedy = add_kernel_argument(
      host_of("text /etc/os-release = ID=debian\ndir /etc/pve\ntext /etc/kernel/proxmox-boot-uuids = 12AB-34CD\n"
              "text /proc/cmdline = initrd=\\EFI\\proxmox\\6.8.12-1-pve\\initrd.img root=ZFS=rpool/ROOT/pve-1\n"),
      "iommu=pt");
  EXPECT_THAT(remedy.commands, ElementsAre("sudo mkdir -p /etc/kernel",
                                           "echo 'root=ZFS=rpool/ROOT/pve-1 iommu=pt' | sudo tee /etc/kernel/cmdline",
                                           "sudo proxmox-boot-tool refresh", "sudo reboot"));
}

TEST(BootWriters, EveryEntryThatHasItIsNamedTheNextOneFirst) {
  const auto remedy = remove_kernel_argument(
      host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw nosplit\n" +
              efi_variable("LoaderInfo", "systemd-boot 256") +
              "text /boot/loader/loader.conf = default own-b.conf\n"
              "file /boot/loader/entries/own-a.conf\n| linux /a\n| options root=UUID=77-aa rw\n| options nosplit\n"
              "file /boot/loader/entries/own-b.conf\n| linux /b\n| options root=UUID=77-aa rw nosplit\n"),
      "nosplit");
  EXPECT_THAT(remedy.commands, ElementsAre("sudoedit /boot/loader/entries/own-b.conf",
                                           "sudoedit /boot/loader/entries/own-a.conf", "sudo reboot"));
}

const std::string kernel_install =
    efi_variable("LoaderInfo", "systemd-boot 256") +
    "file /boot/loader/entries/0123456789abcdef0123456789abcdef-6.9.0.conf\n| linux /k/linux\n| options root=UUID=77-aa rw\n";

/// Entries made of such a line would find no root: neither an edit nor what carries it over goes by itself.
TEST(BootWriters, ALineWithoutTheRunningRootIsCarriedNowhere) {
  const auto host = host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw\n" + kernel_install +
                            "text /etc/kernel/cmdline = rw intel_iommu=on\n");
  const auto added = add_kernel_argument(host, "iommu=pt");
  EXPECT_TRUE(added.by_hand);
  EXPECT_THAT(added.text, HasSubstr("Put root=UUID=77-aa there too"));
  int carried = 0;
  for (const auto& finding : testing::findings_of("command-line-drift", host))
    for (const auto& remedy : finding.remedy) {
      if (std::ranges::find(remedy.commands, "sudo kernel-install add-all") == remedy.commands.end()) continue;
      ++carried;
      EXPECT_TRUE(remedy.by_hand) << remedy.text;
      EXPECT_THAT(remedy.text, HasSubstr("does not start"));
    }
  EXPECT_GT(carried, 0);
  const auto other = host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw\n" + kernel_install +
                             "text /etc/kernel/cmdline = root=UUID=88-bb rw\n");
  EXPECT_THAT(add_kernel_argument(other, "iommu=pt").text, HasSubstr("Look at its root= first"));
}

TEST(BootWriters, WordsForOneStartAreNotKeptForAll) {
  for (const auto* word : {"single", "systemd.unit=rescue.target", "rd.break", "init=/bin/sh", "emergency"}) {
    const auto remedy = add_kernel_argument(host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw " +
                                                    std::string(word) + "\n" + efi_variable("StubInfo", "systemd-stub 256") +
                                                    "text /efi/EFI/Linux/own.efi = x\n"),
                                            "intel_iommu=on");
    EXPECT_THAT(remedy.commands, IsEmpty()) << word;
    EXPECT_THAT(remedy.text, HasSubstr("one start alone")) << word;
  }
}

TEST(BootWriters, WhatComesAndWhatGoesIsOneEdit) {
  const auto host = host_of("text /etc/os-release = ID=arch\ntext /proc/cmdline = root=UUID=77-aa rw nomsi\n" + kernel_install +
                            "text /etc/kernel/cmdline = root=UUID=77-aa nomsi rw\n");
  const auto remedy = change_kernel_arguments(host, {"iommu=pt", "rw"}, {"nomsi"});
  EXPECT_FALSE(remedy.by_hand);
  EXPECT_THAT(remedy.commands.at(1), HasSubstr("'root=UUID=77-aa rw iommu=pt' /etc/kernel/cmdline"));
  EXPECT_EQ(remedy.commands.size(), 4U);
  EXPECT_THAT(remedy.undo.at(1), HasSubstr("'root=UUID=77-aa nomsi rw' /etc/kernel/cmdline"));
  const auto by_hand = change_kernel_arguments(host, {"iommu=pt"}, {"elsewhere"});
  EXPECT_TRUE(by_hand.by_hand) << "what is to go stands nowhere";
  for (const auto& command : by_hand.commands) EXPECT_THAT(command, Not(HasSubstr("sed")));
}

/// A drop-in that is read later, or that is there already, must neither undo ours nor be lost.
TEST(BootWriters, ADropInGoesBehindOthersAndOverNone) {
  const std::string debian =
      "text /etc/os-release = ID=debian\ntext /proc/cmdline = BOOT_IMAGE=/v root=a quiet\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
      "file /boot/grub/grub.cfg\n| menuentry 'Own' {\n|   linux /v root=a quiet\n| }\n";
  const auto file = [&debian](const std::string& more) {
    return add_kernel_argument(host_of(debian + more), "iommu=pt").files.at(0);
  };
  const std::string sets = "GRUB_CMDLINE_LINUX_DEFAULT=\"splash\"\n";
  EXPECT_EQ(file("dir /etc/default/grub.d\n"), "/etc/default/grub.d/90-iommu.cfg");
  EXPECT_EQ(file("text /etc/default/grub.d/50-cloud.cfg = " + sets), "/etc/default/grub.d/90-iommu.cfg");
  EXPECT_EQ(file("text /etc/default/grub.d/95-last.cfg = " + sets), "/etc/default/grub.d/99-vfio-doctor-iommu.cfg");
  EXPECT_EQ(file("text /etc/default/grub.d/90-iommu.cfg = " + sets), "/etc/default/grub.d/99-vfio-doctor-iommu.cfg");
  EXPECT_EQ(file("text /etc/default/grub.d/own.cfg = " + sets), "/etc/default/grub.d/zz-vfio-doctor-iommu.cfg");
}

TEST(BootWriters, ADropInOfLimineIsNamed) {
  const auto remedy =
      remove_kernel_argument(host_of(
                                 "text /etc/os-release = ID=cachyos\ntext /proc/cmdline = root=UUID=77-aa rw amd_iommu=off\n" +
                                 efi_variable("LoaderInfo", "Limine 9.1") +
                                 "text /etc/default/limine = KERNEL_CMDLINE[default]=\"root=UUID=77-aa rw\"\n"
                                 "text /etc/limine-entry-tool.d/30-own.conf = KERNEL_CMDLINE[default]+=\" amd_iommu=off\"\n"),
                             "amd_iommu=off");
  EXPECT_THAT(remedy.text, HasSubstr("/etc/limine-entry-tool.d/30-own.conf"));
}

TEST(BootWriters, RefindsFileLiesBesideTheKernel) {
  const auto host = host_of("text /proc/cmdline = root=/dev/sda2 ro\n" + efi_variable("LoaderInfo", "rEFInd 0.14") +
                            "text /boot/efi/EFI/own/refind_linux.conf = \"Boot\" \"root=/dev/sda2 ro\"\n");
  EXPECT_THAT(add_kernel_argument(host, "iommu=pt").text, HasSubstr("/boot/efi/EFI/own/refind_linux.conf"));
}

TEST(BootWriters, SyslinuxIsRead) {
  const auto host = host_of(
      "text /proc/cmdline = BOOT_IMAGE=/bzimage initrd=/bzroot\n"
      "file /boot/syslinux/syslinux.cfg\n| label Own\n|   kernel /bzimage\n|   append initrd=/bzroot intel_iommu=on\n");
  EXPECT_EQ(host.boot.loader, BootLoader::syslinux);
  EXPECT_THAT(testing::only_finding("command-line-drift", host).summary, HasSubstr("Not rebooted"));
}

TEST(BootWriters, AReadOnlySystemIsChangedByItsOwnTool) {
  const auto remedy = add_kernel_argument(
      host_of(
          "text /etc/os-release = ID=opensuse-microos\ntext /proc/cmdline = BOOT_IMAGE=/boot/vmlinuz-6.9.0 root=UUID=77-aa\n"
          "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
          "file /boot/grub2/grub.cfg\n| menuentry 'Own' {\n|   linux /boot/vmlinuz-6.9.0 root=UUID=77-aa\n| }\n"),
      "iommu=pt");
  EXPECT_THAT(remedy.commands, ElementsAre(HasSubstr("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet iommu=pt\""), HasSubstr("sudo grep"),
                                           "sudo transactional-update grub.cfg", "sudo reboot"));
}

TEST(BootWriters, WhatIsWrittenDownAlreadyIsNotToBeAddedAgain) {
  const auto host = host_of(
      "file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : vmx\ndir /sys/kernel/iommu_groups\n"
      "text /etc/os-release = ID=arch\ntext /proc/cmdline = BOOT_IMAGE=/boot/vmlinuz-6.9.0 root=UUID=77-aa\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"intel_iommu=on\"\nseen /sys/firmware/acpi/tables/DMAR\n"
      "pci 00:19.0 id=8086:153a class=020000 driver=e1000e\n");
  const auto finding = testing::only_finding("iommu-active", host);
  ASSERT_EQ(finding.remedy.size(), 1u);
  EXPECT_THAT(finding.remedy[0].text, AllOf(HasSubstr("command-line-drift"), Not(HasSubstr("Add "))));
}

TEST(BootWriters, SeveralWordsAreOneChange) {
  const auto host =
      host_of("text /etc/os-release = ID=debian\ntext /proc/cmdline = BOOT_IMAGE=/boot/vmlinuz-6.9.0 root=UUID=77-aa\n");
  const auto remedy = add_kernel_argument(host, "intel_iommu=on iommu=pt");
  EXPECT_THAT(remedy.commands.at(0), AllOf(HasSubstr("90-intel_iommu.cfg"), HasSubstr("intel_iommu=on iommu=pt")));
}

TEST(IommuActive, DebiansOwnOptionIsOnByDefault) {
  const auto finding = testing::only_finding(
      "iommu-active",
      host_of("file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : vmx\ndir /sys/kernel/iommu_groups\n"
              "text /proc/sys/kernel/osrelease = 6.9.0\ntext /proc/cmdline = quiet\nfile /boot/config-6.9.0\n| CONFIG_PCI=y\n"
              "| CONFIG_INTEL_IOMMU=y\n| CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF=y\nseen /sys/firmware/acpi/tables/DMAR\n"
              "pci 00:19.0 id=8086:153a class=020000 driver=e1000e\n"));
  EXPECT_THAT(finding.summary, Not(HasSubstr("intel_iommu=on")));
  EXPECT_THAT(finding.remedy, IsEmpty());
}

}  // namespace
}  // namespace vfio_doctor
