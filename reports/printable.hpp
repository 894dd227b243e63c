// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// `text` with everything that a terminal or a reader could be fooled by written as a visible escape: control
/// characters (C0, DEL, C1) and bytes that are not UTF-8 as "\x1b", direction overrides, zero-width and other
/// invisible code points as "\u{202e}". The result is one line of valid UTF-8.
std::string printable(std::string_view text);

/// printable() that keeps line ends; for commands and evidence of several lines.
std::string printable_lines(std::string_view text);

/// Code points in `text`, which must be valid UTF-8: the columns it takes on a terminal.
std::size_t text_width(std::string_view text);

/// The first `count` code points of `text`, which must be valid UTF-8.
std::string_view first_code_points(std::string_view text, std::size_t count);

}  // namespace vfio_doctor
