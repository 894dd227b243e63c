// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/observed.hpp"

namespace vfio_doctor {

/// The running kernel's ring buffer through klogctl(2), for DirectoryRoot; unreadable where
/// kernel.dmesg_restrict keeps it from a normal user. Messages start with "<level>[time] ".
Observed<std::string> read_kernel_ring();

}  // namespace vfio_doctor
