// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/storage/mounts.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A partition that the firmware or the boot loader starts this host from, mounted or not.
struct BootPartition {
  std::string device;  ///< "PARTUUID=...", "UUID=...", "/dev/sda1"
  std::string use;     ///< "the boot partition of the firmware (not mounted)"
  std::string source;  ///< the EFI variable or "/etc/fstab"
};

/// What LoaderDevicePartUUID, BootCurrent and its boot entry, and the boot lines of /etc/fstab name.
std::vector<BootPartition> find_boot_partitions(const Root& root, const MountTable& mounts);

/// The GUID of the partition in an EFI load option (UEFI specification 3.1.3 and 10.3.5.1), "xxxxxxxx-xxxx-..." in
/// lower case; empty where it names none. Any bytes are accepted.
std::string partition_of_load_option(std::string_view bytes);

}  // namespace vfio_doctor
