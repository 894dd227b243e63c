// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

namespace vfio_doctor {

/// A log line without what the logger put in front of it.
struct StampedLine {
  std::string_view message;
  std::optional<double> uptime;  ///< seconds since the kernel started
  bool is_record = false;        ///< a new record begins here: it is no continuation of the line before
  bool from_kernel = false;      ///< the logger says that the kernel wrote it
};

/// Knows dmesg with and without -T, -x and caller ids, journald, syslog, Talos, ISO time stamps, and two of them at once.
StampedLine read_stamp(std::string_view line);

}  // namespace vfio_doctor
