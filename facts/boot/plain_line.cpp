// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/plain_line.hpp"

#include <algorithm>
#include <cstddef>

#include "base/text.hpp"
#include "facts/platform/shell_cursor.hpp"

namespace vfio_doctor {
namespace {

bool is_printable(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

/// Where "=" or "+=" stands behind `name` in the line; nothing where it assigns nothing to it.
std::optional<std::size_t> assigns(std::string_view line, std::string_view name) {
  for (auto at = line.find(name); at != line.npos; at = line.find(name, at + 1)) {
    const auto behind = line.substr(at + name.size());
    if (at > 0 && is_name_part(line[at - 1])) continue;
    if (behind.starts_with('=')) return at + name.size() + 1;
    if (behind.starts_with("+=")) return at + name.size() + 2;
  }
  return std::nullopt;
}

/// `start`: behind the sign. What is in quotes, and nothing else on the line.
std::optional<PlainLine> quoted(std::string_view line, std::size_t start, const std::string& file, unsigned number) {
  const auto value = line.substr(start);
  if (value.empty() || (value.front() != '"' && value.front() != '\'')) return std::nullopt;
  const auto end = value.find(value.front(), 1);
  if (end == value.npos || !trim(value.substr(end + 1)).empty()) return std::nullopt;
  return plain_line(line, value.substr(1, end - 1), file, number);
}

}  // namespace

std::optional<PlainLine> plain_line(std::string_view line, std::string_view words, const std::string& file, unsigned number) {
  constexpr std::string_view meant_otherwise = "\"'\\$`";
  if (!std::ranges::all_of(line, is_printable) || words.find_first_of(meant_otherwise) != words.npos) return std::nullopt;
  for (const auto word : split_words(words))
    if (word == "--") return std::nullopt;
  const auto start = static_cast<std::size_t>(words.data() - line.data());
  return PlainLine{file, number, std::string(line.substr(0, start)), std::string(words),
                   std::string(line.substr(start + words.size()))};
}

std::optional<PlainLine> plain_assignment(const std::vector<std::pair<std::string, std::string>>& files,
                                          std::string_view name) {
  std::optional<PlainLine> found;
  unsigned assignments = 0;
  for (const auto& [file, text] : files) {
    unsigned number = 0;
    bool goes_on = false;  // from the line before
    for (const auto line : split_lines(text)) {
      ++number;
      const bool comment = !goes_on && trim(line).starts_with('#');
      const auto value = comment ? std::nullopt : assigns(line, name);
      if (value && ++assignments == 1 && !goes_on && line.starts_with(name)) found = quoted(line, *value, file, number);
      goes_on = !comment && line.ends_with('\\');
    }
  }
  return assignments == 1 ? found : std::nullopt;
}

std::optional<PlainLine> plain_only_line(std::string_view text, const std::string& file) {
  std::optional<PlainLine> found;
  unsigned number = 0, lines = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    const auto words = trim(line);
    if (words.empty()) continue;
    if (++lines > 1 || words.starts_with('#')) return std::nullopt;
    found = plain_line(line, words, file, number);
  }
  return found;
}

}  // namespace vfio_doctor
