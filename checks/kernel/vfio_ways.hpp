// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// A way for a program to get a device from VFIO (drivers/vfio/Kconfig, drivers/iommu/iommufd/Kconfig, Linux 6.6).
enum class VfioWay {
  group,             ///< /dev/vfio/N with vfio_iommu_type1 behind /dev/vfio/vfio
  cdev,              ///< /dev/vfio/devices/vfioN with /dev/iommu
  compat_container,  ///< /dev/vfio/N, iommufd behind /dev/vfio/vfio
  spapr,             ///< POWER: /dev/vfio/N with vfio_iommu_spapr_tce
};

/// "group", "cdev", "container-compat", "spapr".
std::string_view to_text(VfioWay way);

/// What the running kernel has of one way. `open` says whether it can be gone as far as the kernel's configuration and
/// its modules tell; unknown where neither does.
struct VfioWayState {
  VfioWay way = VfioWay::group;
  Observed<bool> open;
  Evidence evidence;           ///< what decides it
  bool not_installed = false;  ///< that is: its module is not there for the running kernel
};

/// All four, in the order above.
std::vector<VfioWayState> vfio_ways(const Host& host);

/// The names of those that are open; for the report's `host.interfaces`. Nothing where none is known to be open and one of
/// them is not known: "none" would be a guess.
std::optional<std::vector<std::string>> vfio_interfaces(const Host& host);

/// Why a module can never be loaded, though it is there: `module_blacklist=` (kernel/module/main.c blacklisted()), or an
/// `install` line of modprobe.d that runs true or false instead. Nothing where it is loaded or no such word stands.
std::optional<Evidence> never_loads(const Host& host, const std::string& module);

/// Where this way was told to do without interrupt remapping: by the loaded module's parameter, or, while the module is
/// not loaded, by what will be given to it. Nothing where it was not. group asks vfio_iommu_type1, cdev and
/// compat_container ask iommufd (drivers/iommu/iommufd/device.c iommufd_device_bind); spapr asks nobody.
std::optional<Evidence> unsafe_interrupts_allowed(const Host& host, VfioWay way);

}  // namespace vfio_doctor
