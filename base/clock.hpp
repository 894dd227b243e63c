// SPDX-License-Identifier: GPL-2.0-or-later
// The time as reports write it down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// "2026-01-31T12:00:00Z": now, or what SOURCE_DATE_EPOCH says.
std::string time_of_report();

/// Seconds since 1970 of a time that is written so; nothing where it is written otherwise.
std::optional<std::int64_t> seconds_of_time(std::string_view written);
/// The reverse, for the years from 1970 to 9999.
std::string time_text(std::int64_t seconds);

}  // namespace vfio_doctor
