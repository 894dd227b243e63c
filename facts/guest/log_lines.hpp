// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {

/// One row of facts/guest/log_lines.tsv, which tells what its columns are.
struct LogPattern {
  std::string_view driver, topic;
  LogMeaning meaning;
  std::string_view pattern, source;
};

/// The rows of a table. Throws std::runtime_error "line N: what is wrong".
std::vector<LogPattern> parse_log_patterns(std::string_view table);
/// The embedded table; it lives as long as the program.
const std::vector<LogPattern>& log_patterns();

/// The first row that fits a line (in lower case) about a function with this driver (empty: none, or not known);
/// nullptr where none does.
const LogPattern* match_log_line(std::string_view lower, std::string_view driver);

/// Ties lines of the kernel log to functions by what the kernel calls them.
class LogNames {
 public:
  explicit LogNames(const std::vector<GuestFunction>& functions);
  /// Places in the list of functions that a line (in lower case) is about.
  std::vector<std::size_t> functions_of(std::string_view lower);

 private:
  void add(const std::string& name, std::size_t function);
  void learn_lost_name(const std::vector<std::string_view>& words);
  std::vector<std::size_t> by_sole_driver(const std::vector<std::string_view>& words, std::string_view lower) const;

  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_driver_;
};

}  // namespace vfio_doctor
