// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

enum class Writes {
  nothing,  ///< but to what is open already: standard output and error
  files     ///< files that the user named with -o are still to be opened
};

/// From here on the kernel refuses this program what it has no need of: to start programs, to speak to a network, to change
/// files, mounts, processes or the system. What it reads, hostile as it may be, cannot make it do so. For good, and for all
/// threads. A second call does nothing.
///
/// A seccomp filter lists the system calls that are left; all others give EPERM. openat2() hides its flags from such a filter,
/// so for Writes::nothing paths are walked step by step.
///
/// Never a reason to fail: where the kernel, a container or a tool refuses the filter, the run goes on without.
/// Returns what became of it, for a log: "on", "off: why".
std::string enter_sandbox(Writes writes);

}  // namespace vfio_doctor
