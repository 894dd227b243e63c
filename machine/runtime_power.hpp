// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "base/observed.hpp"

namespace vfio_doctor {

/// True where power/runtime_status says anything but that the device is awake: "suspended", the two ways there and back
/// ("suspending", "resuming"), "error", or a word that is not known (runtime_status_show() in drivers/base/power/sysfs.c).
/// "unsupported": its power is not managed, so it stays on. False where it was not read: see there.
inline bool may_sleep(const Observed<std::string>& runtime_status) {
  return runtime_status.has_value() && !runtime_status.is("active") && !runtime_status.is("unsupported");
}

}  // namespace vfio_doctor
