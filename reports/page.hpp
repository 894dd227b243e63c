// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "reports/text.hpp"

namespace vfio_doctor {

/// markdown: to be kept or read by a program; plain: to be read on a terminal.
enum class PageForm { markdown, plain };

/// A check's page (Markdown), broken to the style's width, with painted headings. Code blocks and tables stay as they are. As
/// plain text it has no marks any more: headings and marked words are bold, code is indented. What others wrote is shown
/// through printable().
std::string render_page(std::string_view markdown, const TextStyle& style, PageForm form = PageForm::markdown);

}  // namespace vfio_doctor
