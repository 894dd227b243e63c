// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "facts/iommu/iommu.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Fills in IommuUnit::coherent of Arm's units where this machine has a device tree: what the kernel takes from the tree
/// (of_dma_is_coherent() in drivers/of/address.c), whatever the unit's own register says
/// (arm_smmu_device_hw_probe() in drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c).
void note_coherency(const Root& root, std::vector<IommuUnit>& units);

}  // namespace vfio_doctor
