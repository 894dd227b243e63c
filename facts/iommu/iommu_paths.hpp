// SPDX-License-Identifier: GPL-2.0-or-later
// Where the kernel shows its IOMMU groups and the units that remap.
#pragma once

#include <string>

namespace vfio_doctor {

inline const std::string groups_path = "/sys/kernel/iommu_groups";
inline const std::string units_path = "/sys/class/iommu";

}  // namespace vfio_doctor
