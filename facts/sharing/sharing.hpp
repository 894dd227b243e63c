// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A mediated device that exists now.
struct MediatedDevice {
  std::string uuid;
  std::optional<PciAddress> parent;
};

/// Cards that are given out in parts: mediated devices and NVIDIA's virtual functions.
struct SharingFacts {
  Observed<std::vector<MediatedDevice>> mediated;  ///< /sys/bus/mdev/devices; absent while no driver offers any
  Observed<std::vector<PciAddress>> mediating;     ///< functions that offer mediated devices (/sys/class/mdev_bus)
  /// nvidia/current_vgpu_type of virtual functions that the driver nvidia holds: 0 is none chosen.
  std::map<PciAddress, Observed<unsigned>> nvidia_types;
};

SharingFacts gather_sharing(const Root& root, const std::vector<PciFunction>& functions);

}  // namespace vfio_doctor
