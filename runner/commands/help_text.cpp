// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/help_text.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t least_room = 24, narrow_indent = 6;

/// Where the second column starts: behind the first two blanks that follow a word. The line's length where there is none.
std::size_t second_column(std::string_view line) {
  const auto first = line.find_first_not_of(' ');
  const auto gap = first == line.npos ? line.npos : line.find("  ", first);
  const auto second = gap == line.npos ? line.npos : line.find_first_not_of(' ', gap);
  return second == line.npos ? line.size() : second;
}

std::string indented(const std::vector<std::string>& lines, std::size_t indent) {
  std::string text;
  for (const auto& line : lines) text += std::string(indent, ' ') + line + "\n";
  return text;
}

std::string wrap_line(std::string_view line, std::size_t columns) {
  if (line.size() <= columns) return std::string(line) + "\n";
  const auto second = second_column(line);
  const auto indent = line.find_first_not_of(' ');
  if (second == line.size()) {  // a sentence, or an example longer than the terminal
    const auto room = std::max(columns, indent + least_room) - indent;
    return indented(wrap(trim(line), room, room), indent);
  }
  const auto left = line.substr(0, line.find_last_not_of(' ', second - 1) + 1);
  const bool beside = second + least_room <= columns && left.size() < second;
  const auto at = beside ? second : std::min(indent + narrow_indent, columns);
  const auto room = std::max(columns, at + least_room) - at;
  auto text = indented(wrap(line.substr(second), room, room), at);
  if (beside) return text.replace(0, left.size(), left);
  return std::string(left) + "\n" + text;
}

}  // namespace

std::string wrap_help(std::string_view text, std::size_t columns) {
  std::string wrapped;
  for (const auto line : split_lines(text)) wrapped += wrap_line(line, columns);
  return wrapped;
}

}  // namespace vfio_doctor
