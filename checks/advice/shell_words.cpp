// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/shell_words.hpp"

#include <algorithm>
#include <string_view>

namespace vfio_doctor {

bool is_plain_in_shell(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.,:=/@%+-").find(c) != std::string_view::npos;
}

std::string shell_quoted(const std::string& text) {
  if (!text.empty() && std::ranges::all_of(text, is_plain_in_shell)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace vfio_doctor
