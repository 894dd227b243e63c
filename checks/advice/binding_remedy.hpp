// SPDX-License-Identifier: GPL-2.0-or-later
// Who holds a function: the commands that change it, each in one place for checks and plans.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// Gives the function to vfio-pci by its address, until the host starts anew (drivers/pci/pci-driver.c driver_override_store(),
/// Documentation/ABI/testing/sysfs-bus-pci). Undo: bound as it is now, and its driver_override as it is now.
Remedy give_to_vfio(const PciFunction& function);

/// Takes its driver away; for what shares a group and does not go along.
Remedy take_driver_away(const PciAddress& address);

/// Switches so many virtual functions on; `now` are on, and the driver wants to see none before it makes another number
/// (drivers/pci/pci-sysfs.c sriov_numvfs_store()).
Remedy set_virtual_functions(const PciAddress& address, unsigned now, unsigned wanted);

/// How vfio-pci is to know a function when the host starts.
enum class KnownBy {
  ids,      ///< all functions with these ids
  address,  ///< this one alone, as long as its ids stand there
};

/// What is written down so that vfio-pci comes before the host's drivers at each start.
struct StartBinding {
  Remedy remedy;                   ///< its commands write the files, build the initial RAM disk anew and start the host
  std::vector<std::string> lines;  ///< of modprobe.d, as kmod hands them on ("softdep e1000e pre: vfio-pci")
  std::string impossible;          ///< not empty: why files cannot bring it about; then the rest is empty
};

/// `functions` are not empty. Files of modprobe.d(5), which kmod reads in the initial RAM disk and behind it alike.
StartBinding give_to_vfio_at_start(const Host& host, const std::vector<const PciFunction*>& functions, KnownBy known_by);

}  // namespace vfio_doctor
