// SPDX-License-Identifier: GPL-2.0-or-later
// The time as reports write it down.
#pragma once

#include <string>

namespace vfio_doctor {

/// "2026-01-31T12:00:00Z": now, or what SOURCE_DATE_EPOCH says.
std::string time_of_report();

}  // namespace vfio_doctor
