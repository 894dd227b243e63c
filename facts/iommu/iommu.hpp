// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// One line of /sys/kernel/iommu_groups/N/reserved_regions.
struct ReservedRegion {
  std::uint64_t start = 0, end = 0;
  std::string type;  ///< "direct", "direct-relaxable", "reserved", "msi"
};

struct IommuGroup {
  unsigned number = 0;
  Observed<std::string> name;  ///< "vfio-noiommu" where VFIO made the group itself; absent where the group has a default domain
  Observed<std::string> type;  ///< of the default domain: "DMA", "DMA-FQ", "identity", "blocked", "unmanaged"; else "unknown"
  Observed<std::vector<ReservedRegion>> reserved_regions;
  std::vector<PciAddress> members;         ///< sorted
  std::string members_doubt;               ///< why there may be more members than these; empty where there are no others
  std::vector<std::string> other_members;  ///< platform, ACPI and other devices that are no PCI functions
  std::vector<Observed<std::string>> other_drivers;  ///< for each of those its driver; absent: none is bound

  /// What the kernel says of it, which a group that VFIO made itself does not have: of that it says "unknown"
  /// (drivers/iommu/iommu.c iommu_group_show_type; drivers/vfio/group.c vfio_noiommu_group_alloc).
  bool has_default_domain() const;
};

/// One remapping unit, an entry of /sys/class/iommu.
struct IommuUnit {
  std::string name;                             ///< "dmar0", "ivhd0", "smmu3.0x..."
  Observed<std::string> capabilities;           ///< Intel "cap", AMD "cap": hexadecimal text
  Observed<std::string> extended_capabilities;  ///< Intel "ecap", AMD "features"
  /// Arm with a device tree: whether the tree says that DMA through it sees the processor's caches; absent elsewhere.
  Observed<bool> coherent = Observed<bool>::absent();
  Observed<std::vector<std::string>> devices;  ///< names of the devices that it translates for
};

struct IommuFacts {
  Observed<std::vector<IommuUnit>> units;    ///< absent: the kernel has no such class
  Observed<std::vector<IommuGroup>> groups;  ///< sorted by number; absent: /sys/kernel/iommu_groups does not exist

  const IommuGroup* find_group(unsigned number) const;
};

/// The units, and the groups without their members: those come with the functions, see group_members.hpp.
IommuFacts gather_iommu(const Root& root);

}  // namespace vfio_doctor
