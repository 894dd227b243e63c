// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

enum class Color { off, on };
/// brief: one screen of 24 lines at 80 columns, whatever the machine. normal: at most 70 lines, 120 above 1024 functions.
/// verbose: everything.
enum class Verbosity { brief, normal, verbose };

/// How text is laid out. `columns` below 40 count as 40.
struct TextStyle {
  Color color = Color::off;
  unsigned columns = 80;
  Verbosity verbosity = Verbosity::normal;
};

/// The report for a terminal: the verdict, the problems with their remedies, the devices, notes, and the verdict once more
/// with what to type next. Where not all fits, what is least grave is shortened first and counted. Lines are at
/// most `columns` wide, but for commands, which are never broken so that they can be copied. What others
/// wrote is shown through printable().
std::string render_text(const Report& report, const TextStyle& style);

}  // namespace vfio_doctor
