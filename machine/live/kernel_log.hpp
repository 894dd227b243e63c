// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/observed.hpp"

namespace vfio_doctor {

/// The running kernel's log: the ring buffer where it still holds the start of this boot, else what the journal kept.
/// Unreadable where neither may be read (kernel.dmesg_restrict).
Observed<std::string> read_live_kernel_log();

}  // namespace vfio_doctor
