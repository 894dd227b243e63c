// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/platform.hpp"

#include <gmock/gmock.h>

#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::machine;

TEST(Cpu, KnowsTheVendors) {
  const auto intel =
      gather_cpu(machine("file /proc/cpuinfo\n| processor : 0\n| vendor_id : GenuineIntel\n| model name : Some CPU @ 2.60GHz\n"
                         "| flags : fpu vmx_x vmx hypervisor\nspecial /dev/kvm"));
  EXPECT_EQ(intel.vendor, CpuVendor::intel);
  EXPECT_EQ(intel.model.value(), "Some CPU @ 2.60GHz");
  EXPECT_TRUE(intel.virtualization_flag.is(true));
  EXPECT_TRUE(intel.hypervisor_flag.is(true));
  EXPECT_TRUE(intel.kvm_device.is(NodeKind::other));
  const auto amd = gather_cpu(machine("file /proc/cpuinfo\n| vendor_id : AuthenticAMD\n| flags : fpu svm_lock\n"));
  EXPECT_EQ(amd.vendor, CpuVendor::amd);
  EXPECT_TRUE(amd.virtualization_flag.is(false)) << "svm_lock is another flag";
  EXPECT_TRUE(amd.hypervisor_flag.is(false));
  EXPECT_TRUE(amd.kvm_device.is_absent());
  const auto arm =
      gather_cpu(machine("file /proc/cpuinfo\n| processor : 0\n| CPU implementer : 0x41\n| Features : fp asimd\n"));
  EXPECT_EQ(arm.vendor, CpuVendor::arm);
  EXPECT_TRUE(arm.virtualization_flag.is_absent()) << "Arm has no such flag; that is not 'no virtualization'";
  EXPECT_EQ(gather_cpu(machine("file /proc/cpuinfo\n| vendor_id : RiscVendor\n")).vendor, CpuVendor::other);
}

TEST(Cpu, KnowsXenBeneath) {
  EXPECT_TRUE(gather_cpu(machine("text /sys/hypervisor/type = xen")).runs_on_xen());
  EXPECT_FALSE(gather_cpu(machine("text /sys/hypervisor/type = other")).runs_on_xen());
  EXPECT_FALSE(gather_cpu(machine("dir /sys/hypervisor")).runs_on_xen());
}

TEST(Cpu, UnreadableAndRubbish) {
  const auto hidden = gather_cpu(machine("unreadable /proc/cpuinfo Permission denied"));
  EXPECT_EQ(hidden.vendor, CpuVendor::unknown);
  EXPECT_TRUE(hidden.virtualization_flag.is_unreadable());
  const auto rubbish = gather_cpu(machine("hex /proc/cpuinfo\n| 00 ff 3a 0a 3a 3a 0a"));
  EXPECT_EQ(rubbish.vendor, CpuVendor::unknown);
  EXPECT_FALSE(rubbish.virtualization_flag.has_value());
}

std::vector<std::string> chips(const std::string& table) {
  std::string text = "file /proc/interrupts\n";
  std::size_t at = 0;
  while (at < table.size()) {
    const auto end = table.find('\n', at);
    text += "| " + table.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return gather_interrupts(machine(text)).chips.value();
}

TEST(Interrupts, NamesTheChipsOnce) {
  EXPECT_THAT(chips("           CPU0       CPU1\n"
                    "   1:          0          9  IR-IO-APIC    1-edge      i8042\n"
                    "   9:          0          0  IR-IO-APIC    9-fasteoi   acpi\n"
                    "  24:          0          0  DMAR-MSI    0-edge      dmar0\n"
                    " 121:       8812          0  IR-PCI-MSI-0000:00:14.0    0-edge      xhci_hcd\n"
                    " NMI:          0          0   Non-maskable interrupts\n"
                    " ERR:          0\n"),
              ElementsAre("IR-IO-APIC", "DMAR-MSI", "IR-PCI-MSI-0000:00:14.0"));
}

TEST(Interrupts, CountsTheProcessorsOfTheFirstLine) {
  EXPECT_THAT(chips("           CPU0       CPU2       CPU3\n  1: 0 1 2  IO-APIC  1-edge  i8042\n"), ElementsAre("IO-APIC"));
  EXPECT_THAT(chips("           CPU0\n  1: 0  IO-APIC  1-edge  i8042\n"), ElementsAre("IO-APIC"));
}

TEST(Interrupts, EmptyAndUnreadable) {
  EXPECT_TRUE(gather_interrupts(machine("file /proc/interrupts\n")).chips->empty());
  EXPECT_TRUE(gather_interrupts(machine("unreadable /proc/interrupts x")).chips.is_unreadable());
  EXPECT_TRUE(gather_interrupts(machine("dir /proc")).chips.is_absent());
}

TEST(Firmware, MaskedIsNotAbsent) {
  // Containers lay an empty directory over /sys/firmware.
  for (const std::string text :
       {"dir /sys/firmware", "dir /sys", "dir /sys/firmware/acpi/tables", "closed /sys/firmware/acpi/tables Permission denied",
        "hidden /sys/firmware Permission denied"}) {
    const auto firmware = gather_firmware(machine(text));
    EXPECT_TRUE(firmware.dmar.present.is_unreadable()) << text;
    EXPECT_TRUE(firmware.ivrs.present.is_unreadable()) << text;
    EXPECT_FALSE(firmware.dmar.content.has_value()) << text;
  }
  EXPECT_TRUE(gather_firmware(machine("dir /sys/firmware")).efi.is_unreadable());
}

TEST(Firmware, PresenceNeedsNoRoot) {
  const auto firmware = gather_firmware(machine("unreadable /sys/firmware/acpi/tables/DMAR Permission denied"));
  EXPECT_TRUE(firmware.dmar.present.is(true));
  EXPECT_TRUE(firmware.dmar.content.is_unreadable());
  EXPECT_TRUE(firmware.ivrs.present.is(false));
  EXPECT_TRUE(firmware.efi.is(false));
}

TEST(Firmware, ADeviceTreeMachineHasNoAcpiTables) {
  const auto firmware = gather_firmware(machine("dir /sys/firmware/devicetree"));
  EXPECT_TRUE(firmware.dmar.present.is(false));
  EXPECT_TRUE(firmware.iort.present.is(false));
}

TEST(DistributionFacts, ReadsOsRelease) {
  const auto fedora = gather_distribution(
      machine("file /etc/os-release\n| NAME='Phyllome OS'\n| ID=phyllomeos\n| ID_LIKE=\"fedora rhel\"\n| VERSION_ID=40\n"
              "| # comment\n| rubbish\n| PRETTY_NAME=\"Phyllome OS 40\"\n| VARIANT_ID=silverblue\n"));
  EXPECT_TRUE(fedora.id.is("phyllomeos"));
  EXPECT_TRUE(fedora.is_like("rhel"));
  EXPECT_FALSE(fedora.is_like("fed"));
  EXPECT_EQ(fedora.version_id, "40");
  EXPECT_EQ(fedora.variant_id, "silverblue");
  EXPECT_TRUE(fedora.pretty_name.is("Phyllome OS 40"));
  EXPECT_TRUE(gather_distribution(machine("text /usr/lib/os-release = ID=arch")).id.is("arch"));
  EXPECT_TRUE(gather_distribution(machine("dir /etc")).id.is_absent());
}

}  // namespace
}  // namespace vfio_doctor
