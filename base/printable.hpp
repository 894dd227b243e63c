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

/// The columns that `text`, which must be printable(), takes on a terminal. Chinese, Japanese and Korean characters and
/// most pictures take two.
std::size_t text_width(std::string_view text);

/// As much of the start of `text`, which must be printable(), as fits `columns`.
std::string_view first_columns(std::string_view text, std::size_t columns);

}  // namespace vfio_doctor
