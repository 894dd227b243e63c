// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A device file that some program has open.
struct OpenDevice {
  std::string node;  ///< "/dev/vfio/14", "/dev/vfio/devices/vfio3", "/dev/nvidia0", "/dev/dri/card1"
  unsigned process = 0;
  std::string program;                 ///< "qemu-system-x86", empty where it could not be read
  std::optional<PciAddress> function;  ///< what a graphics node belongs to, where the machine says so
};

struct ProcessFacts {
  std::vector<OpenDevice> open;  ///< each node once for each process, in the order of processes
  /// False where some program's files could not be seen (without root: those of other users): then a node that is not
  /// listed may be open all the same.
  bool all_seen = false;
  /// How many bytes of memory the user of this program may lock (soft limit); absent: as many as there are.
  Observed<std::uint64_t> lockable_memory;
  bool limits_set_by_manager = false;  ///< a manager of guests is installed that sets this limit for each guest itself
};

/// Looks through /proc/PID/fd for device files of VFIO and of graphics cards. Looks at names alone and opens nothing.
/// Where a recording keeps what recorded_processes() says: which programs have devices open, not all that they have open.
inline const std::string recorded_processes_path = "/run/vfio-doctor/processes";
/// "all seen" or "not all seen", then a line "PROCESS NODE PROGRAM" for each open device.
std::string recorded_processes(const ProcessFacts& facts);

ProcessFacts gather_processes(const Root& root);

}  // namespace vfio_doctor
