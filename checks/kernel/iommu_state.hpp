// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "facts/host.hpp"

namespace vfio_doctor {

/// DMA remapping and interrupt remapping are two facts; both are decided by what the kernel did, not by words on a
/// command line or in a log.
enum class Switch { on, off, unknown };
std::string_view to_text(Switch state);

/// On where at least one PCI function is in a group that an IOMMU driver made (VFIO's no-IOMMU groups do not count),
/// which is also libvirt's own test. The directory of groups exists, empty, with the IOMMU off. Functions that link to
/// groups nobody could look at prove nothing, and neither do remapping units without any group to be seen.
Switch dma_remapping(const Host& host);

/// What the interrupt chips of /proc/interrupts say. x86: "IR-PCI-MSI" and the like exist only behind Intel's and AMD's
/// interrupt remapping (drivers/iommu/{intel,amd}). Arm: messages that go through an ITS are isolated
/// (drivers/irqchip/irq-gic-v3-its*.c), those of a GICv2m frame ("MSI" up to Linux 6.6, "GICv2m-..." later;
/// irq-gic-v2m.c) and of message-based interrupts ("MBI-", irq-gic-v3-mbi.c) are not. s390 always isolates
/// (arch_is_isolated_msi() in arch/s390/include/asm/msi.h, Linux 6.3).
Switch interrupt_remapping(const Host& host);

/// Whose IOMMU this is: by the units the kernel drives, else by the firmware's table, else by the
/// processor, else by the maker of the host bridge.
CpuVendor iommu_vendor(const Host& host);

/// The fewest bits that an Intel unit of this host translates, and where it stands; nothing where no unit tells. MGAW, bits
/// 21:16 of the capability register, plus one (VT-d specification 11.4.2; cap_mgaw() in drivers/iommu/intel/iommu.h).
struct AddressWidth {
  unsigned bits = 0;
  std::string source;        ///< "/sys/class/iommu/dmar0/intel-iommu/cap"
  std::string capabilities;  ///< what it says, in hexadecimal digits
};
std::optional<AddressWidth> least_address_width(const Host& host);

/// True for a group that VFIO made itself in no-IOMMU mode.
bool is_noiommu_group(const IommuGroup& group);

}  // namespace vfio_doctor
