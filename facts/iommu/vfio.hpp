// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A value that a file of modprobe.d(5) gives to a module's parameter.
struct ModprobeOption {
  std::string value, file;
};

/// VFIO as the running kernel has it.
struct VfioFacts {
  /// /sys/module/NAME exists (loaded, or built in with parameters), by name with underscores: vfio, vfio_pci,
  /// vfio_iommu_type1, iommufd.
  std::map<std::string, bool> loaded;
  Observed<bool> allow_unsafe_interrupts;  ///< absent while vfio_iommu_type1 is not loaded
  Observed<bool> unsafe_noiommu_mode;      ///< absent where the kernel has no such mode or vfio is not loaded
  /// What modprobe.d gives vfio_iommu_type1 when it gets loaded: "1", "Y", ...; absent where no file says anything.
  Observed<std::string> modprobe_unsafe_interrupts;
  Observed<ModprobeOption> modprobe_ids;  ///< what modprobe.d gives vfio_pci as "ids"; absent where no file does
  Observed<bool> pci_driver_installed;  ///< vfio-pci is loaded, built in or there to be loaded
};

/// `kernel_release` names the directory below /lib/modules.
VfioFacts gather_vfio(const Root& root, const Observed<std::string>& kernel_release);

}  // namespace vfio_doctor
