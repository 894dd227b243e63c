// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's log as the kernel keeps it.
#pragma once

#include <string>

#include "base/observed.hpp"

namespace vfio_doctor {

/// The kernel's ring buffer, without running a program. Unreadable where it may not be read (kernel.dmesg_restrict).
Observed<std::string> read_kernel_ring_buffer();

}  // namespace vfio_doctor
