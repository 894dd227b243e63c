// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace vfio_doctor {

/// printable() text for the inside of HTML, XML and SVG elements and quoted attributes.
std::string markup_text(std::string_view text);

/// Like markup_text(), with line ends kept.
std::string markup_lines(std::string_view text);

}  // namespace vfio_doctor
