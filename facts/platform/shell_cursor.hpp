// SPDX-License-Identifier: GPL-2.0-or-later
// What the readers of shell files walk with.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/ascii.hpp"

namespace vfio_doctor {

/// Of the name of a variable.
constexpr bool is_shell_name_start(char c) { return is_name_part(c) && !is_digit(c); }

/// A place in a text, and the number of its line. Past the end there are only line ends.
class ShellCursor {
 protected:
  explicit ShellCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\n'; }
  char take() {
    if (at_end()) return '\n';
    const char c = text_[at_++];
    if (c == '\n') ++line_;
    return c;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

}  // namespace vfio_doctor
