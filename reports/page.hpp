// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "reports/text.hpp"

namespace vfio_doctor {

/// A check's page (Markdown) for a terminal: broken to its width, at most 100 columns. Painted, headings are bold and the marks
/// of Markdown are gone; else it is still Markdown.
/// Code blocks and tables stay as they are. What others wrote is shown through printable().
std::string render_page(std::string_view markdown, const TextStyle& style);

}  // namespace vfio_doctor
