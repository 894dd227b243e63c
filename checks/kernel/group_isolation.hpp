// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// One reason why the kernel put several functions into one group.
struct GroupCause {
  Sentence sentence;
  Evidence evidence;
};

/// Explains a group of several functions; it never computes groups: the kernel did, with quirks that no list outside
/// it can follow. The rules are those of pci_device_group() and pci_acs_enabled() (drivers/iommu/iommu.c,
/// drivers/pci/pci.c): functions behind a conventional bridge share its requester id; ports and multi-function devices
/// isolate only where Access Control Services are there and enabled.
std::vector<GroupCause> causes_of_shared_group(const Host& host, const IommuGroup& group);

}  // namespace vfio_doctor
