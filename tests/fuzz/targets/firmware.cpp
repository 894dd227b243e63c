// SPDX-License-Identifier: GPL-2.0-or-later
//
// Binary structures: the firmware's IOMMU tables and a function's configuration space.
#include "facts/iommu/acpi_iommu_table.hpp"
#include "facts/pci/pci_config.hpp"
#include "fuzz/target.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  if (const auto dmar = parse_dmar(bytes))
    require(dmar->remapping_units >= 0 && dmar->reserved_regions >= 0, "DMAR structures are counted");
  count_ivrs_units(bytes);
  if (const auto smmus = count_iort_smmus(bytes)) require(*smmus >= 0, "SMMUs are counted");
  const auto config = decode_pci_config(bytes);
  require(bytes.size() >= 64 || config.header_type.is_unreadable(), "a header that is not there is not known");
}

}  // namespace vfio_doctor
