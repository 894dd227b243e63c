// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "reports/text.hpp"

namespace vfio_doctor {

/// A check's page (Markdown) for a terminal: still Markdown, but broken to the terminal's width, with painted headings.
/// Code blocks and tables stay as they are. What others wrote is shown through printable().
std::string render_page(std::string_view markdown, const TextStyle& style);

}  // namespace vfio_doctor
