// SPDX-License-Identifier: GPL-2.0-or-later
// Which devices an IOMMU group has.
#pragma once

#include <vector>

#include "facts/iommu/iommu.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Membership is written down twice: a group lists its devices, a device links to its group (iommu_group_alloc_device() in
/// drivers/iommu/iommu.c). Puts both together and notes where they do not agree (a tree recorded in part, a device plugged in
/// meanwhile).
///
/// The links of all functions are there already. So a group is not asked for its list where nobody else can be in it: it has
/// a default domain, hence only devices that some unit translates for (iommu_init_device(): the unit links to the device
/// before it gets a group); and all that the units link to are functions whose group is known. On a large machine this is
/// a tenth of all that is read. The group of another device, as a platform's, is asked; without the units' lists, all are.
void join_groups_and_functions(const Root& root, IommuFacts& iommu, Observed<std::vector<PciFunction>>& functions);

}  // namespace vfio_doctor
