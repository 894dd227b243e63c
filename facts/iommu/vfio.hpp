// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/iommu/modprobe.hpp"
#include "facts/iommu/module_lists.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// VFIO as the running kernel has it.
struct VfioFacts {
  /// /sys/module/NAME exists (loaded, or built in with parameters), by name with underscores: vfio, vfio_pci,
  /// vfio_iommu_type1, vfio_iommu_spapr_tce, iommufd.
  std::map<std::string, bool> loaded;
  /// For the same names: built in or there to be loaded by the running kernel.
  std::map<std::string, Observed<bool>> installed;
  bool pci_driver_built_in = false;                 ///< modules.builtin names vfio-pci
  Observed<bool> allow_unsafe_interrupts;           ///< vfio_iommu_type1's; absent while it is not loaded
  Observed<bool> iommufd_allows_unsafe_interrupts;  ///< iommufd's own; absent while it is not loaded
  Observed<bool> unsafe_noiommu_mode;               ///< absent where the kernel has no such mode or vfio is not loaded
  /// What modprobe.d gives vfio_iommu_type1 when it gets loaded: "1", "Y", ...; absent where no file says anything.
  Observed<std::string> modprobe_unsafe_interrupts;
  ModprobeConfig modprobe;
  /// Modules of VFIO that some file tells the host to load or to put into its initial RAM disk, with whether the running
  /// kernel has them.
  std::vector<ListedModule> listed_modules;
  /// Modules that a `softdep` line about VFIO names, with underscores: whether the running kernel has them.
  std::map<std::string, Observed<bool>> softdep_modules;
  Observed<bool> pci_driver_installed;  ///< vfio-pci is loaded, built in or there to be loaded
};

/// `kernel_release` names the directory below /lib/modules.
VfioFacts gather_vfio(const Root& root, const Observed<std::string>& kernel_release);

}  // namespace vfio_doctor
