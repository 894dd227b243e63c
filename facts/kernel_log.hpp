// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/observed.hpp"

namespace vfio_doctor {

/// The running kernel's log: the ring buffer where it still holds the start of this boot, else what the journal kept.
/// Unreadable where neither may be read (kernel.dmesg_restrict).
Observed<std::string> read_live_kernel_log();

/// The kernel's ring buffer alone, without running a program.
Observed<std::string> read_kernel_ring_buffer();

}  // namespace vfio_doctor
