// SPDX-License-Identifier: GPL-2.0-or-later
// What is to be done fits the machine: its own ids, its own file, its own kernel, and nothing twice.
#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "checks/domain/domain_check.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::finding_about;
using testing::findings_of;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::only_finding;

const std::string debian = "complete\ntext /etc/os-release = ID=debian\n";

TEST(FittingRemedies, ABrokenListIsGivenBackWithItsOwnIds) {
  const auto finding =
      only_finding("vfio-ids", host_of(debian + "text /proc/cmdline = quiet\n"
                                                "text /etc/modprobe.d/pass.conf = options vfio-pci ids = 10de:2489, "
                                                "10de:228b\n"));
  EXPECT_THAT(finding.summary, HasSubstr("no parameter '=' or '10de:2489,' or '10de:228b'"));
  EXPECT_THAT(finding.remedy.at(0).text, HasSubstr("\"options vfio-pci ids=10de:2489,10de:228b\""));
  EXPECT_THAT(finding.remedy.at(0).commands,
              ElementsAre("sudoedit /etc/modprobe.d/pass.conf", "sudo update-initramfs -u -k all", "sudo reboot"));
}

TEST(FittingRemedies, UnsafeInterruptsAreTakenOutWhereTheyAreSet) {
  const auto remedies = [](const std::string& places) {
    const auto host = debian +
                      "file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : vmx\n"
                      "file /proc/interrupts\n|            CPU0\n|  121:       8812    IR-PCI-MSI 327680-edge      e1000e\n"
                      "text /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = Y\n"
                      "pci 00:19.0 id=8086:153a class=020000 driver=e1000e group=4\n";
    std::vector<std::vector<std::string>> commands;
    for (const auto& one : only_finding("unsafe-interrupts", host_of(host + places)).remedy) commands.push_back(one.commands);
    return commands;
  };
  const std::string now = "echo N | sudo tee /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
  const auto in_file = remedies(
      "text /proc/cmdline = quiet\ntext /etc/modprobe.d/no.conf = options vfio_iommu_type1 allow_unsafe_interrupts=0\n"
      "text /etc/modprobe.d/yes.conf = options vfio_iommu_type1 allow_unsafe_interrupts=1\n");
  EXPECT_THAT(in_file, ElementsAre(ElementsAre(now), ElementsAre("sudoedit /etc/modprobe.d/yes.conf",
                                                                 "sudo update-initramfs -u -k all", "sudo reboot")));
  const auto on_line = remedies(
      "text /proc/cmdline = quiet vfio_iommu_type1.allow_unsafe_interrupts=1\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet vfio_iommu_type1.allow_unsafe_interrupts=1\"\n"
      "text /boot/grub/grub.cfg = menuentry a { linux /v quiet vfio_iommu_type1.allow_unsafe_interrupts=1 }\n");
  ASSERT_EQ(on_line.size(), 2u);
  EXPECT_THAT(on_line[1], Contains(HasSubstr("/etc/default/grub")));
  const auto nowhere = remedies("text /proc/cmdline = quiet\n");
  ASSERT_EQ(nowhere.size(), 2u);
  EXPECT_THAT(nowhere[1], ElementsAre(HasSubstr("grep -rn allow_unsafe_interrupts")));
}

TEST(FittingRemedies, ListsAreJoinedWithoutWhatTheHostNeeds) {
  const auto host =
      host_of(debian +
              "text /proc/cmdline = quiet\n"
              "file /proc/1/net/route\n| Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
              "| lan0 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
              "dir /sys/devices/pci0000:00/0000:05:00.0/net/lan0\n"
              "link /sys/class/net/lan0 ../../devices/pci0000:00/0000:05:00.0/net/lan0\n"
              "file /etc/modprobe.d/pass.conf\n| options vfio-pci ids=10de:2489\n| options vfio-pci ids=8086:15f3\n"
              "pci 05:00.0 id=8086:15f3 class=020000 group=5 driver=igc\n"
              "pci 01:00.0 id=10de:2489 class=030000 group=1 driver=vfio-pci\n");
  const auto finding = finding_about("vfio-ids", host);
  EXPECT_THAT(finding.remedy.at(0).text, AllOf(HasSubstr("ids=10de:2489"), Not(HasSubstr("8086:15f3"))));
  EXPECT_THAT(finding_about("vfio-ids", host, "0000:05:00.0").remedy.at(0).commands,
              Contains("sudoedit /etc/modprobe.d/pass.conf"));
}

TEST(FittingRemedies, AListOnTheCommandLineIsNotMendedInAFile) {
  const auto finding =
      finding_about("vfio-ids", host_of(debian + "text /proc/cmdline = quiet vfio-pci.ids=10de:228b\n"
                                                 "text /etc/modprobe.d/pass.conf = options vfio-pci ids=10de:2489\n"));
  EXPECT_THAT(finding.summary, HasSubstr("only the last counts"));
  EXPECT_THAT(finding.remedy.at(0).commands, IsEmpty());
}

TEST(FittingRemedies, AGraphicsCardThatGoesFromTheStartHasAWayBack) {
  const std::string more =
      "text /proc/cmdline = quiet\ntext /etc/modprobe.d/pass.conf = options vfio-pci ids=10de:2489,8086:15f3\n"
      "pci 01:00.0 id=10de:2489 class=030000 group=1 driver=nouveau\npci 05:00.0 id=8086:15f3 class=020000 group=5 "
      "driver=igc\n";
  const auto host = host_of(debian + more);
  EXPECT_THAT(finding_about("vfio-ids", host, "0000:01:00.0").remedy.at(0).risk,
              AllOf(HasSubstr("draws nothing"), HasSubstr("module_blacklist=vfio_pci")));
  EXPECT_THAT(finding_about("vfio-ids", host, "0000:05:00.0").remedy.at(0).risk,
              AllOf(Not(HasSubstr("draws nothing")), HasSubstr("module_blacklist=vfio_pci")));
}

std::string polaris(const std::string& release) {
  return debian + "text /proc/sys/kernel/osrelease = " + release +
         "\npci 03:00.0 id=1002:67df class=030000 group=3 driver=vfio-pci\n";
}

TEST(FittingRemedies, AResetIsChosenOnlyWhereThereIsAFileToChooseItIn) {
  const auto old = finding_about("reset-quirks", host_of(polaris("5.10.0-28-amd64")), "0000:03:00.0").remedy.at(0);
  EXPECT_THAT(old.commands, ElementsAre("sudo modprobe vendor-reset"));
  const auto recent = finding_about("reset-quirks", host_of(polaris("6.1.0-28-amd64")), "0000:03:00.0").remedy.at(0);
  EXPECT_THAT(recent.commands, Contains(HasSubstr("echo device_specific | sudo tee")));
}

TEST(FittingRemedies, AnInterruptLineThatIsNotKnownIsAskedFor) {
  std::ifstream example(TESTS_DIR "/checks/examples/interrupt-line/unknown.machine");
  const auto host = host_of({std::istreambuf_iterator<char>(example), {}});
  EXPECT_THAT(only_finding("interrupt-line", host).remedy.at(0).commands,
              ElementsAre("lspci -v -s 0000:05:02.0 | grep -o 'IRQ [0-9]*'; cat /proc/interrupts"));
}

const std::string waiting =
    debian +
    "text /proc/sys/kernel/osrelease = 6.1.0-28-amd64\nfile /proc/cpuinfo\n| vendor_id\t: GenuineIntel\n"
    "hex /sys/firmware/acpi/tables/DMAR = 44 4d 41 52\ndir /sys/kernel/iommu_groups\n"
    "dir /sys/class/iommu\npci 02:00.0 id=8086:15f3 class=020000 driver=igc\n";

/// Two changes of one file that know nothing of each other: the second finds the line no more that it would exchange.
TEST(FittingRemedies, AWordInAFileThatIsNotReadIsCarriedOverByOneChange) {
  const auto host = host_of(waiting +
                            "text /proc/cmdline = initrd=\\EFI\\proxmox\\6.1.0\\initrd.img root=ZFS=tank/ROOT boot=zfs\n"
                            "dir /etc/pve\ntext /etc/kernel/proxmox-boot-uuids = A-B\n"
                            "text /etc/kernel/cmdline = root=ZFS=tank/ROOT boot=zfs\n"
                            "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on iommu=pt\"\n");
  const auto off = only_finding("iommu-active", host);
  EXPECT_THAT(off.remedy.at(0).commands, IsEmpty());
  EXPECT_THAT(off.remedy.at(0).text, HasSubstr("/etc/default/grub:1"));
  const auto drift = finding_about("command-line-drift", host);
  EXPECT_EQ(drift.status, Status::fail);
  EXPECT_THAT(drift.summary, HasSubstr("but this host starts otherwise: systemd-boot put initrd="));
  EXPECT_THAT(drift.remedy.at(0).commands, Contains(HasSubstr("/etc/kernel/cmdline")));
}

TEST(FittingRemedies, TheFileThatCountsIsOpened) {
  const auto host = host_of(waiting +
                            "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.1.0-28-amd64 root=UUID=1 ro quiet\n"
                            "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet intel_iommu=on\"\n"
                            "text /etc/default/grub.d/60-cloud.cfg = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
                            "file /boot/grub/grub.cfg\n| menuentry 'Debian' {\n|  linux /vmlinuz-6.1.0-28-amd64 root=UUID=1 ro "
                            "quiet\n| }\n");
  const auto lost = finding_about("command-line-drift", host);
  EXPECT_THAT(lost.summary, HasSubstr("Written down and lost"));
  EXPECT_EQ(lost.remedy.at(0).commands.at(0), "sudoedit /etc/default/grub.d/60-cloud.cfg");
}

/// A second one of these, behind the first, is what the initial RAM disk would look for.
TEST(FittingRemedies, WordsThatFindTheRootAreNeverPutIntoABootEntry) {
  for (const std::string word :
       {"crypt_root=UUID=2", "real_root=/dev/sda2", "cryptopts=target=a", "nfsroot=192.0.2.1:/x", "dolvm"}) {
    const auto host = host_of(debian +
                              "text /proc/sys/kernel/osrelease = 6.1.0-28-amd64\ntext /proc/cmdline = "
                              "BOOT_IMAGE=/vmlinuz-6.1.0-28-amd64 root=UUID=1 ro quiet " +
                              word +
                              "\ntext /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
                              "file /boot/grub/grub.cfg\n| menuentry 'Debian' {\n|  linux /vmlinuz-6.1.0-28-amd64 root=UUID=1 "
                              "ro quiet crypt_root=UUID=1\n| }\n");
    for (const auto& finding : findings_of("command-line-drift", host))
      for (const auto& remedy : finding.remedy) EXPECT_THAT(remedy.commands, Each(Not(HasSubstr(word)))) << word;
  }
}

TEST(FittingRemedies, OptionsThatDoNoHarmStayOnTheCommandLine) {
  const auto host = host_of(debian + "text /proc/cmdline = quiet pci=noaer,realloc,nomsi\n");
  for (const auto& finding : findings_of("harmful-arguments", host)) {
    EXPECT_THAT(finding.remedy.at(0).removes_arguments, ElementsAre("pci=noaer,realloc,nomsi"));
    EXPECT_THAT(finding.remedy.at(0).adds_arguments, ElementsAre("pci=realloc"));
  }
  const auto alone = only_finding("harmful-arguments", host_of(debian + "text /proc/cmdline = quiet pci=nomsi\n"));
  EXPECT_THAT(alone.remedy.at(0).adds_arguments, IsEmpty());
}

TEST(FittingRemedies, GraphicsThatAnArgumentLeavesOutComeBackWithoutIt) {
  const auto host = host_of(debian +
                            "text /proc/cmdline = quiet intel_iommu=on,igfx_off\n"
                            "pci 00:19.0 id=8086:153a class=020000 driver=e1000e group=4\n"
                            "pci 00:02.0 id=8086:3e92 class=030000 driver=i915\n");
  const auto remedy = finding_about("group-exists", host, "0000:00:02.0").remedy.at(0);
  EXPECT_THAT(remedy.removes_arguments, ElementsAre("intel_iommu=on,igfx_off"));
  EXPECT_THAT(remedy.adds_arguments, ElementsAre("intel_iommu=on"));
}

TEST(FittingRemedies, MissingModulesComeFromThePackageOfThisDistribution) {
  const auto on = [](const std::string& release) {
    return only_finding("vfio-support", host_of("complete\ntext /etc/os-release = " + release +
                                                "\ntext /proc/sys/kernel/osrelease = 6.8.0-45-generic\n"
                                                "text /boot/config-6.8.0-45-generic = CONFIG_VFIO_PCI=m\n"
                                                "file /lib/modules/6.8.0-45-generic/modules.dep\n"
                                                "file /lib/modules/6.8.0-45-generic/modules.builtin\n"
                                                "pci 02:00.0 id=8086:15f3 class=020000 driver=igc group=2\n"))
        .remedy.at(0);
  };
  EXPECT_THAT(on("ID=ubuntu").commands, ElementsAre("sudo apt install linux-modules-extra-$(uname -r)"));
  EXPECT_THAT(on("ID=fedora").commands, ElementsAre("sudo dnf install kernel-modules-$(uname -r)"));
  EXPECT_THAT(on("ID=debian").commands, IsEmpty());
}

/// What the check says of a domain that takes 0000:05:00.0 alone.
Finding of_a_domain_on(const std::string& machine_text) {
  const auto root = testing::machine(machine_text);
  const auto domain = parse_domain_xml(
      "<domain type='kvm'><name>g</name><devices><hostdev mode='subsystem' type='pci' managed='yes'><source>"
      "<address domain='0' bus='5' slot='0' function='0'/></source></hostdev></devices></domain>",
      "g.xml");
  const auto host = gather_host(root);
  const auto around = gather_surroundings(root, domain, true);
  const auto checks = all_domain_checks();
  const auto groups = std::ranges::find(checks, std::string_view("domain-groups"), &DomainCheck::id);
  return run_domain_check(*groups, {host, domain, around}).at(0);
}

TEST(FittingRemedies, NoGuestIsToldToTakeWhatTheHostNeeds) {
  const std::string card = "pci 05:00.0 id=8086:15f3 class=020000 group=5 driver=igc\n";
  const auto chipset = of_a_domain_on(debian + card + "pci 00:1f.4 id=8086:a123 class=0c0500 group=5 driver=i801_smbus\n");
  EXPECT_THAT(chipset.remedy.at(0).text, AllOf(HasSubstr("so no guest gets it"), Not(HasSubstr("Give 0000:00:1f.4"))));
  const auto other = of_a_domain_on(debian + card + "pci 05:00.1 id=8086:15f3 class=020000 group=5 driver=igc\n");
  EXPECT_THAT(other.remedy.at(0).text, HasSubstr("Give 0000:05:00.1 to the same domain"));
  const auto in_use =
      of_a_domain_on(debian + card +
                     "pci 05:00.1 id=8086:15f3 class=020000 group=5 driver=igc\n"
                     "file /proc/1/net/route\n| Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window "
                     "IRTT\n| lan1 00000000 010200C0 0003 0 0 100 00000000 0 0 0\n"
                     "dir /sys/devices/pci0000:00/0000:05:00.1/net/lan1\n"
                     "link /sys/class/net/lan1 ../../devices/pci0000:00/0000:05:00.1/net/lan1\n");
  EXPECT_THAT(in_use.remedy.at(0).text, HasSubstr("Leave both to the host: 0000:05:00.1 carries the default route"));
}

/// Somebody allowed VFIO to do without: what keeps remapping off is told all the same, and to do without is no remedy.
TEST(FittingRemedies, WithoutRemappingTheWayBackIsTold) {
  const auto finding =
      only_finding("interrupt-remapping",
                   host_of(debian + "text /proc/cmdline = quiet intel_iommu=on intremap=nosid,off\n"
                                    "text /proc/sys/kernel/osrelease = 6.1.0-28-amd64\n"
                                    "text /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts = Y\n"
                                    "file /proc/cpuinfo\n| vendor_id\t: GenuineIntel\n"
                                    "file /proc/interrupts\n|            CPU0\n|  24:          1  PCI-MSI-0000:00:1f.2  "
                                    "  0-edge      ahci\n"
                                    "pci 02:00.0 id=8086:15f3 class=020000 driver=igc group=2\n"));
  EXPECT_EQ(finding.status, Status::warn);
  ASSERT_EQ(finding.remedy.size(), 1u);
  EXPECT_THAT(finding.remedy[0].text, HasSubstr("intremap=nosid"));
  EXPECT_THAT(finding.remedy[0].removes_arguments, IsEmpty()) << "a plan needs it not";
}

/// Of options for ACS acs-override alone speaks, which knows the kernels that know them.
TEST(FittingRemedies, AnArgumentIsToldByOneCheck) {
  const auto on = [](const std::string& release) {
    return host_of(debian + "text /proc/sys/kernel/osrelease = " + release +
                   "\ntext /proc/cmdline = quiet pci=config_acs=1@*\n");
  };
  for (const std::string release : {"5.10.0-28-amd64", "6.12.9-amd64"})
    EXPECT_EQ(only_finding("harmful-arguments", on(release)).status, Status::pass) << release;
  EXPECT_EQ(only_finding("acs-override", on("6.12.9-amd64")).status, Status::warn);
  EXPECT_EQ(only_finding("acs-override", on("5.10.0-28-amd64")).status, Status::pass);
}

/// amd_iommu=on is no option of the kernel's: nobody is told to write it anywhere.
TEST(FittingRemedies, AWordThatDoesNothingIsNotCarriedOver) {
  const auto host = host_of(waiting +
                            "text /proc/cmdline = initrd=\\EFI\\proxmox\\6.1.0\\initrd.img root=ZFS=tank/ROOT boot=zfs\n"
                            "dir /etc/pve\ntext /etc/kernel/proxmox-boot-uuids = A-B\n"
                            "text /etc/kernel/cmdline = root=ZFS=tank/ROOT boot=zfs\n"
                            "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"quiet amd_iommu=on iommu=pt\"\n");
  const auto remedy = finding_about("command-line-drift", host).remedy.at(0);
  EXPECT_THAT(remedy.adds_arguments, ElementsAre("iommu=pt"));
}

TEST(FittingRemedies, WhichKernelsADefectIsInIsSaid) {
  const auto host = host_of(debian +
                            "text /proc/sys/kernel/osrelease = 6.14.3-amd64\n"
                            "pci 02:00.0 id=8086:15f3 class=020000 driver=vfio-pci group=2\n");
  EXPECT_THAT(finding_about("kernel-regressions", host).remedy.at(0).text, HasSubstr("not one of 6.14.2 to 6.14.4"));
}

TEST(FittingRemedies, WhoRefusedIsNamedAndAsked) {
  const std::string apparmor =
      "file /run/vfio-doctor/kernel.log\n| [    1.000] audit: type=1400 audit(1.1:1): apparmor=\"DENIED\" operation=\"open\" "
      "profile=\"libvirt-1\" name=\"/srv/a/card.rom\" "
      "comm=\"qemu-system-x86\" requested_mask=\"r\"\n";
  const auto finding = only_finding("access-denied", host_of(debian + apparmor));
  EXPECT_THAT(finding.summary, HasSubstr("Since the host started, AppArmor refused"));
  EXPECT_THAT(finding.remedy.at(0).commands, ElementsAre("sudo aa-status"));
}

TEST(FittingRemedies, WithoutAFirmwareSwitchNoneIsLookedFor) {
  const auto guest =
      finding_about("firmware-iommu-table",
                    host_of(debian + "file /proc/cpuinfo\n| vendor_id\t: GenuineIntel\n| flags\t\t: vmx hypervisor\n"
                                     "seen /sys/firmware/acpi/tables/FACP\ndir /sys/kernel/iommu_groups\ndir /sys/class/iommu\n"
                                     "pci 02:00.0 id=8086:15f3 class=020000 driver=igc\n"));
  EXPECT_THAT(guest.summary, HasSubstr("this virtual machine was given none"));
  EXPECT_THAT(guest.remedy.at(0).text, Not(HasSubstr("switch")));
}

}  // namespace
}  // namespace vfio_doctor
