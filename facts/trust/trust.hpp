// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// One Thunderbolt or USB4 controller (/sys/bus/thunderbolt/devices/domain0).
struct ThunderboltDomain {
  std::string name;
  Observed<bool> dma_protection;   ///< iommu_dma_protection
  Observed<std::string> security;  ///< "none", "user", "secure", "dponly", "usbonly", "nopcie"
};

/// What may be plugged in from outside, and what the processor offers to confidential guests.
struct TrustFacts {
  Observed<std::vector<ThunderboltDomain>> thunderbolt;  ///< absent while the driver is not loaded
  std::vector<PciAddress> removable;  ///< functions that the kernel calls removable; asked only where there is Thunderbolt
  Observed<std::vector<std::string>> confidential_flags;  ///< of /proc/cpuinfo: sev, sev_es, sev_snp, tdx_host_platform
};

TrustFacts gather_trust(const Root& root);

}  // namespace vfio_doctor
