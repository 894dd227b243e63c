// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "facts/observed.hpp"
#include "facts/root/root.hpp"

namespace vfio_doctor {

/// VFIO as the running kernel has it.
struct VfioFacts {
  /// /sys/module/NAME exists (loaded, or built in with parameters), by name with underscores: vfio, vfio_pci,
  /// vfio_iommu_type1, iommufd.
  std::map<std::string, bool> loaded;
  Observed<bool> allow_unsafe_interrupts;  ///< absent while vfio_iommu_type1 is not loaded
  Observed<bool> unsafe_noiommu_mode;      ///< absent where the kernel has no such mode or vfio is not loaded
};

VfioFacts gather_vfio(const Root& root);

}  // namespace vfio_doctor
