// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string_view>

namespace vfio_doctor {

/// A kind of kernel message that a redacted snapshot keeps. The log is never decisive, so a line that fits no row is dropped:
/// it may hold what anybody plugged in, mounted or typed.
struct KnownLogLine {
  /// What the message holds. One that starts with '^' must stand at its beginning, behind the time stamp.
  std::string_view mark;
  /// How much of the line stays.
  enum class Keep {
    words,      ///< known words, numbers and addresses; all else is masked
    arguments,  ///< behind the mark comes a kernel command line
  } keep;
};

/// To let a snapshot keep a further kind of message, add a row here; its words go into known_words.cpp.
std::span<const KnownLogLine> known_log_lines();

}  // namespace vfio_doctor
