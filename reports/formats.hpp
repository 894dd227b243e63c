// SPDX-License-Identifier: GPL-2.0-or-later
// The formats that a report can be written in, each named once: --format, its help and completions, and the endings of -o
// all come from here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

struct ReportFormat {
  std::string_view name;                  ///< as --format takes it
  std::vector<std::string_view> endings;  ///< of file names that mean it, lower case, without the dot; the first is usual
  std::string_view purpose;               ///< for people, a few words
  std::string (*render)(const Report& report, const TextStyle& style);
};

/// Of `check`; the first is what is written where none is asked for.
std::span<const ReportFormat> report_formats();
/// Of `groups`.
std::span<const ReportFormat> group_formats();

std::vector<std::string> names_of(std::span<const ReportFormat> formats);

/// Precondition: `name` is one of names_of(formats).
std::string render_as(std::span<const ReportFormat> formats, std::string_view name, const Report& report,
                      const TextStyle& style);

/// The name of the format that a file of this name holds: "report.HTML" -> "html"; empty where its ending tells none.
std::string_view format_of_file(std::string_view file);

/// "html      to attach to a bug report (.html, .htm)", a line each.
std::string format_list(std::span<const ReportFormat> formats);

}  // namespace vfio_doctor
