// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "base/json_form.hpp"
#include "reports/report.hpp"

namespace vfio_doctor {

/// The report as docs/schema/report-1.json describes it, with a line end at the end. Never throws on content:
/// what is not UTF-8 is replaced by U+FFFD, and everything outside printable ASCII is written as \u escapes,
/// so the text is harmless on a terminal. What was not observed is null.
std::string render_json(const Report& report);
/// The same, and `form` is told what it says.
std::string render_json_and_form(const Report& report, JsonForm& form);

/// Longest report that parse_report_json() accepts, in bytes.
inline constexpr std::size_t longest_report_json = std::size_t{64} << 20;

/// Reads what render_json() wrote, or another program to the same schema; members it does not know are
/// skipped. `name` is what the text is called in messages: a file name. Throws InputError("name:line: ..." or
/// "name: devices[3].address: ...") on anything that is not such a report.
Report parse_report_json(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
