// SPDX-License-Identifier: GPL-2.0-or-later
// Wrong verdicts of other tools, each seen in the wild or reproduced: here they must not come back.
#include <gmock/gmock.h>

#include <cstdio>

#include "checks/findings_of.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::finding_about;
using testing::findings_of;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string intel = "file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : fpu vmx\n";
const std::string amd = "file /proc/cpuinfo\n| vendor_id : AuthenticAMD\n| flags : fpu svm\n";
const std::string empty_groups = "dir /sys/kernel/iommu_groups\ndir /sys/class/iommu\n";
const std::string card = "pci 00:19.0 id=8086:153a class=020000\n";

std::string groups(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    char line[80];
    std::snprintf(line, sizeof line, "pci %02x:%02x.0 id=8086:153a class=020000 group=%d\n", i / 32, i % 32, i);
    text += line;
  }
  return text;
}

std::string all_commands(const Finding& finding) {
  std::string text;
  for (const auto& remedy : finding.remedy) {
    text += remedy.text + "\n";
    for (const auto& command : remedy.commands) text += command + "\n";
  }
  return text;
}

std::vector<std::string> companions(const Host& host, const std::string& address) {
  std::vector<std::string> texts;
  for (const auto& companion : companions_of(host, *host.find(*PciAddress::parse(address)))) texts.push_back(companion.text());
  return texts;
}

TEST(Peers, GroupsDecideNotTheFlagVmx) {
  const auto host = host_of("file /proc/cpuinfo\n| vendor_id : GenuineIntel\n| flags : fpu sse2\n" + groups(16));
  EXPECT_EQ(dma_remapping(host), Switch::on);
  EXPECT_EQ(finding_about("iommu-active", host).status, Status::pass);
}

TEST(Peers, MaskedTablesAreNotMissingTables) {
  const auto host = host_of(intel + "dir /sys/firmware\n" + empty_groups + card);
  const auto finding = finding_about("firmware-iommu-table", host);
  EXPECT_EQ(finding.status, Status::unknown);
  EXPECT_THAT(finding.summary, Not(HasSubstr("no IOMMU")));
  EXPECT_THAT(finding_about("iommu-active", host).summary, HasSubstr("could not be seen"));
}

TEST(Peers, TheTableSaysWhoseIommuNotTheProcessor) {
  const auto host = host_of(amd + "seen /sys/firmware/acpi/tables/DMAR\ntext /proc/cmdline = quiet\n" + empty_groups + card);
  EXPECT_EQ(iommu_vendor(host), CpuVendor::intel);
  EXPECT_EQ(finding_about("firmware-iommu-table", host).status, Status::pass);
  EXPECT_THAT(all_commands(finding_about("iommu-active", host)), HasSubstr("intel_iommu=on"));
}

TEST(Peers, AnArmTableIsNotMissingBecauseIntelsIs) {
  const auto host = host_of(
      "file /proc/cpuinfo\n| CPU implementer : 0x41\ntext /proc/cmdline = quiet\n"
      "seen /sys/firmware/acpi/tables/IORT\n" +
      empty_groups + card);
  EXPECT_THAT(finding_about("iommu-active", host).summary, Not(HasSubstr("does not offer")));
}

TEST(Peers, XenIsNotAFirmwareSwitch) {
  const auto host = host_of(intel +
                            "text /proc/cmdline = quiet\ntext /sys/hypervisor/type = xen\n"
                            "seen /sys/firmware/acpi/tables/XMAR\n" +
                            empty_groups + card);
  EXPECT_THAT(finding_about("iommu-active", host).summary, HasSubstr("Xen"));
  EXPECT_THAT(all_commands(finding_about("iommu-active", host)), Not(HasSubstr("VT-d")));
}

TEST(Peers, AKernelWithoutTheDriverNeedsNoArgument) {
  const auto host = host_of(intel +
                            "text /proc/cmdline = quiet\nseen /sys/firmware/acpi/tables/DMAR\n"
                            "text /proc/sys/kernel/osrelease = 5.15.0-1058-kvm\n"
                            "file /boot/config-5.15.0-1058-kvm\n| CONFIG_PCI=y\n" +
                            empty_groups + card);
  EXPECT_THAT(finding_about("iommu-active", host).summary, HasSubstr("without the driver"));
  EXPECT_THAT(all_commands(finding_about("iommu-active", host)), Not(HasSubstr("intel_iommu")));
}

TEST(Peers, AnIommuThatIsOffFailsForEveryDevice) {
  const auto host = host_of(intel + "text /proc/cmdline = quiet\nseen /sys/firmware/acpi/tables/DMAR\n" + empty_groups + card);
  const auto finding = finding_about("iommu-active", host);
  EXPECT_EQ(finding.status, Status::fail);
  EXPECT_EQ(finding.effect, Effect::blocked);
}

TEST(Peers, KvmIntelIsNotKvm) {
  const auto finding = finding_about("cpu-virtualization", host_of(intel + "dir /sys/module/kvm_intel\n"));
  EXPECT_EQ(finding.status, Status::warn);
}

TEST(Peers, AnEmptyDirectoryOfGroupsIsOff) {
  EXPECT_EQ(dma_remapping(host_of(intel + empty_groups + card)), Switch::off);
  EXPECT_EQ(dma_remapping(host_of(intel + card)), Switch::off) << "no directory at all";
  EXPECT_EQ(dma_remapping(host_of(intel + "dir /sys/kernel/iommu_groups/0/devices\n" + card)), Switch::off) << "an empty group";
}

TEST(Peers, GapsLongDomainsAndManyGroups) {
  const auto host = host_of(intel + groups(300) + "pci 10000:01:00.0 id=144d:a80a class=010802 group=1234\n");
  EXPECT_EQ(finding_about("iommu-active", host).status, Status::pass);
  ASSERT_NE(host.find(*PciAddress::parse("10000:01:00.0")), nullptr);
  EXPECT_TRUE(host.find(*PciAddress::parse("10000:01:00.0"))->iommu_group.is(1234));
  EXPECT_EQ(host.iommu.groups->size(), 301u);
  EXPECT_TRUE(host.find(*PciAddress::parse("09:0b.0"))->iommu_group.is(299)) << "beyond 256";
}

TEST(Peers, Group123StaysGroup123AndGroup0IsAGroup) {
  const auto host = host_of(intel +
                            "pci 00:01.0 id=8086:1 class=020000 group=123\npci 00:02.0 id=8086:1 class=020000 group=12\n"
                            "pci 00:03.0 id=8086:1 class=020000 group=0\n");
  EXPECT_TRUE(host.find(*PciAddress::parse("00:01.0"))->iommu_group.is(123));
  EXPECT_THAT(companions(host, "00:01.0"), IsEmpty());
  EXPECT_TRUE(host.find(*PciAddress::parse("00:03.0"))->iommu_group.is(0));
  EXPECT_EQ(finding_about("group-exists", host).status, Status::pass);
}

TEST(Peers, IommuOffOnTheCommandLineIsNoSignOfAnIommu) {
  for (const std::string line : {"iommu=off", "intel_iommu=on iommu=off", "intel_iommu=on,off", "iommu=off iommu=force"}) {
    const auto host =
        host_of(intel + "seen /sys/firmware/acpi/tables/DMAR\ntext /proc/cmdline = " + line + "\n" + empty_groups + card);
    const auto finding = finding_about("iommu-active", host);
    EXPECT_EQ(finding.status, Status::fail) << line;
    EXPECT_THAT(finding.summary, HasSubstr("switches it off")) << line;
  }
  const auto host = host_of(amd + "seen /sys/firmware/acpi/tables/IVRS\ntext /proc/cmdline = amd_iommu=off amd_iommu=on\n" +
                            empty_groups + card);
  EXPECT_THAT(finding_about("iommu-active", host).summary, HasSubstr("amd_iommu=off switches it off"));
}

TEST(Peers, NoArgumentIsDemandedWhereTheIommuIsOn) {
  for (const auto& processor : {intel, amd}) {
    const auto host = host_of(processor + "text /proc/cmdline = quiet\n" + groups(3));
    EXPECT_EQ(finding_about("iommu-active", host).status, Status::pass);
    EXPECT_EQ(finding_about("iommu-arguments", host).status, Status::pass);
    for (const auto& check : all_checks())
      for (const auto& finding : run_check(check, host))
        EXPECT_THAT(all_commands(finding), Not(HasSubstr("iommu=on"))) << check.id;
  }
}

TEST(Peers, NoArgumentIsDemandedWhereTheKernelDefaultsToOn) {
  const auto host = host_of(intel +
                            "text /proc/cmdline = quiet\ntext /proc/sys/kernel/osrelease = 6.8.0\n"
                            "file /boot/config-6.8.0\n| CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n"
                            "seen /sys/firmware/acpi/tables/FACP\n" +
                            empty_groups + card);
  const auto finding = finding_about("iommu-active", host);
  EXPECT_EQ(finding.status, Status::fail);
  EXPECT_THAT(all_commands(finding), HasSubstr("VT-d"));
  EXPECT_THAT(all_commands(finding), Not(HasSubstr("intel_iommu=on")));
}

TEST(Peers, ALogLineOrAWordProvesNothing) {
  const auto host = host_of(amd +
                            "text /proc/cmdline = intel_iommu=on\nfile /run/vfio-doctor/kernel.log\n"
                            "| DMAR: IOMMU enabled\nseen /sys/firmware/acpi/tables/FACP\n" +
                            empty_groups + card);
  EXPECT_EQ(dma_remapping(host), Switch::off);
  EXPECT_EQ(finding_about("iommu-active", host).status, Status::fail);
}

const std::string gpu =
    "pci 00:01.0 id=8086:1901 class=060400 header=01 group=1 driver=pcieport\n"
    "pci 01:00.0 id=10de:1b80 class=030000 group=1 driver=nouveau under=00:01.0\n"
    "pci 01:00.1 id=10de:10f0 class=040300 group=1 driver=snd_hda_intel under=00:01.0\n";

TEST(Peers, ARootPortOnPcieportIsNoCompanion) {
  for (const std::string release : {"6.8.0", "5.10.0"}) {
    const auto host = host_of("text /proc/sys/kernel/osrelease = " + release + "\n" + gpu);
    EXPECT_THAT(companions(host, "01:00.0"), ElementsAre("0000:01:00.1"));
    for (const auto& finding : findings_of("group-companions", host)) EXPECT_EQ(finding.status, Status::pass);
  }
}

TEST(Peers, ABridgeHeldByAnotherDriverCountsSince519) {
  std::string held = gpu;
  held.replace(held.find("pcieport"), 8, "shpchp");
  const auto newer = host_of("text /proc/sys/kernel/osrelease = 5.19.0\n" + held);
  EXPECT_THAT(companions(newer, "01:00.0"), ElementsAre("0000:00:01.0", "0000:01:00.1"));
  const auto older = host_of("text /proc/sys/kernel/osrelease = 5.18.0\n" + held);
  EXPECT_THAT(companions(older, "01:00.0"), ElementsAre("0000:01:00.1"));
  EXPECT_THAT(companions(host_of(held), "01:00.0"), ElementsAre("0000:00:01.0", "0000:01:00.1")) << "version not known";
}

TEST(Peers, GroupsWithoutInterruptRemappingAreNotReady) {
  const auto host = host_of(intel + groups(16) + "file /proc/interrupts\n|      CPU0\n| 24: 0 PCI-MSI 0-edge x\n");
  const auto finding = finding_about("interrupt-remapping", host);
  EXPECT_EQ(finding.status, Status::fail);
  EXPECT_EQ(finding.effect, Effect::blocked);
}

TEST(Peers, UnknownNeverReadsAsPass) {
  const auto host = host_of(
      "closed /sys/kernel/iommu_groups x\nclosed /sys/class/iommu x\nhidden /proc/cpuinfo x\nhidden /proc/interrupts x\n"
      "hidden /proc/cmdline x\nclosed /sys/firmware/acpi/tables x\nhidden /dev/kvm x\n" +
      card +
      "hidden /sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts x\n"
      "hidden /sys/module/vfio/parameters/enable_unsafe_noiommu_mode x\n");
  for (const std::string id : {"iommu-active", "interrupt-remapping", "firmware-iommu-table", "iommu-arguments", "acs-override",
                               "cpu-virtualization", "unsafe-interrupts", "noiommu-mode", "vfio-support"})
    EXPECT_EQ(finding_about(id, host).status, Status::unknown) << id;
}

}  // namespace
}  // namespace vfio_doctor
