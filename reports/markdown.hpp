// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "reports/report.hpp"

namespace vfio_doctor {

/// In bytes. Issue trackers refuse comments of more than 65,536 characters.
inline constexpr std::size_t longest_markdown = 60000;

/// The report for an issue tracker (GitHub's and GitLab's Markdown): the verdict and the problems, the rest
/// folded. Shorter than longest_markdown: what does not fit is counted. What others wrote can neither format
/// the page nor mention people nor refer to issues.
std::string render_markdown(const Report& report);

/// `text` as Markdown that shows exactly printable(text), on one line; also at the start of a line and in a
/// table.
std::string markdown_text(std::string_view text);

/// The same as code.
std::string markdown_code(std::string_view text);

/// A block of code that shows printable_lines(text).
std::string markdown_block(std::string_view text, std::string_view language);

}  // namespace vfio_doctor
