// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/console.hpp"

namespace vfio_doctor {

ConsoleFacts gather_console(const Root&) { return {}; }

}  // namespace vfio_doctor
