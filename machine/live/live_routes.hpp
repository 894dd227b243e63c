// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/observed.hpp"

namespace vfio_doctor {

/// The running kernel's routes in the form of Root::routes(), asked for over rtnetlink(7): that alone shows every
/// table and every next hop. Unreadable where the kernel does not answer, or answers for another network namespace
/// than the first process's.
Observed<std::string> read_live_routes();

}  // namespace vfio_doctor
