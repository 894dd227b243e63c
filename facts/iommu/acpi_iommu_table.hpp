// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace vfio_doctor {

/// What the DMAR table says (Intel VT-d specification, chapter 8).
struct DmarSummary {
  int remapping_units = 0;   ///< DRHD structures
  int reserved_regions = 0;  ///< RMRR structures
  bool interrupt_remapping = false, x2apic_opt_out = false, platform_opt_in = false;
};

/// Nothing where the table is too short or a length inside it leads nowhere.
std::optional<DmarSummary> parse_dmar(std::string_view table);

/// How many IVHD blocks (types 10h, 11h, 40h) the IVRS table has (AMD I/O Virtualization specification, chapter 5);
/// nothing where it is damaged.
std::optional<int> count_ivrs_units(std::string_view table);

/// How many SMMUs (node types 3: SMMUv1 and v2, 4: SMMUv3) the IORT table has (Arm DEN0049, section 3); nothing where it is
/// damaged. A firmware with its SMMU switched off has the table all the same, for what it says of interrupts.
std::optional<int> count_iort_smmus(std::string_view table);

}  // namespace vfio_doctor
