// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Memory on a device that the host uses as its own: CXL memory that the kmem driver added (drivers/dax/kmem.c), virtio-mem.
struct DeviceMemory {
  std::string name;                   ///< "dax0.0", "virtio3"
  std::string source;                 ///< "/sys/bus/dax/drivers/kmem/dax0.0"
  std::vector<PciAddress> functions;  ///< sorted; empty where it could not be followed to one
};

struct HostMemoryFacts {
  Observed<std::vector<DeviceMemory>> devices;  ///< absent: the kernel has no such memory
  std::string unread;                           ///< not empty: there may be more, for this reason
};

/// Follows a link of the driver to its PCI function: along its own path, or, for a region of CXL, from the region's targets
/// to the ports of the memory devices (drivers/cxl/core/region.c targetN, drivers/cxl/core/port.c "uport").
HostMemoryFacts gather_host_memory(const Root& root);

}  // namespace vfio_doctor
