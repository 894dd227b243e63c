// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/log_lines.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/text.hpp"

namespace vfio_doctor {

extern const std::string_view log_line_table;

namespace {

std::optional<LogMeaning> meaning_of(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, LogMeaning>, 4> words = {{{"fail", LogMeaning::fail},
                                                                                    {"trouble", LogMeaning::trouble},
                                                                                    {"success", LogMeaning::success},
                                                                                    {"benign", LogMeaning::benign}}};
  for (const auto& [text, meaning] : words)
    if (text == word) return meaning;
  return std::nullopt;
}

/// The parts between the '*' of `pattern` stand in `text` one behind the other.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  while (!pattern.empty()) {
    const auto star = std::min(pattern.find('*'), pattern.size());
    const auto found = text.find(pattern.substr(0, star), at);
    if (found == text.npos) return false;
    at = found + star;
    pattern.remove_prefix(std::min(star + 1, pattern.size()));
  }
  return true;
}

/// What the rows of <3> ask for: the kernel's mark of an error, or of worse, or the word that dmesg -x writes for it.
bool is_marked_as_error(std::string_view lower) {
  if (lower.size() > 2 && lower[0] == '<' && lower[2] == '>') return lower[1] >= '0' && lower[1] <= '3';
  if (!lower.starts_with("kern")) return false;
  static constexpr std::array<std::string_view, 4> words = {":err", ":crit", ":alert", ":emerg"};
  const auto mark = lower.substr(0, lower.find('['));
  return std::ranges::any_of(words, [mark](std::string_view word) { return mark.find(word) != mark.npos; });
}

bool is_for(const LogPattern& row, std::string_view lower, std::string_view driver) {
  if (row.driver == "*" || row.driver == driver) return true;
  return row.driver == "<3>" ? is_marked_as_error(lower) : lower.find(row.driver) != lower.npos;
}

}  // namespace

std::vector<LogPattern> parse_log_patterns(std::string_view table) {
  std::vector<LogPattern> patterns;
  std::size_t number = 0;
  for (const auto line : split_lines(table)) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    const auto columns = split(line, '\t');
    const auto meaning = columns.size() == 5 ? meaning_of(columns[2]) : std::nullopt;
    if (!meaning || std::ranges::any_of(columns, [](std::string_view column) { return column.empty(); }))
      throw std::runtime_error("line " + std::to_string(number) + ": not driver, topic, meaning, pattern and source");
    patterns.push_back({columns[0], columns[1], *meaning, columns[3], columns[4]});
  }
  return patterns;
}

const std::vector<LogPattern>& log_patterns() {
  static const auto patterns = parse_log_patterns(log_line_table);
  return patterns;
}

const LogPattern* match_log_line(std::string_view lower, std::string_view driver) {
  for (const auto& row : log_patterns())
    if (is_for(row, lower, driver) && fits(row.pattern, lower)) return &row;
  return nullptr;
}

}  // namespace vfio_doctor
