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

/// The driver that calls itself so in front of a line without a device: "mpt3sas_cm0" is "mpt3sas"; empty where the word is no
/// such name. `word` is in lower case.
std::string_view driver_by_own_name(std::string_view word);

/// The functions that a line of the kernel log is about: places in the list of functions.
struct LogOwners {
  std::vector<std::size_t> functions;
  bool is_shared = false;  ///< the line names a driver of several functions, and is about one of them
};

/// Ties lines of the kernel log to functions by what the kernel calls them.
class LogNames {
 public:
  explicit LogNames(const std::vector<GuestFunction>& functions);
  /// Whom a line (in lower case) is about. A line that tells of a name besides is remembered: "igb 0000:03:00.0 eth0: ...".
  LogOwners owners_of(std::string_view lower);

 private:
  using Words = std::vector<std::string_view>;

  void add(const std::string& name, std::size_t function);
  void learn_names(const Words& words, std::string_view lower);
  void learn(std::string_view name, std::string_view address);
  LogOwners by_driver(const Words& words, std::string_view lower) const;

  std::unordered_map<std::string, std::vector<std::size_t>> by_name_, by_driver_;
  std::unordered_map<std::string, std::size_t> learned_;  ///< names that only the log tells; the last to bear one has it
};

/// Fills in `log_errors` of the functions from the text of a kernel log.
void read_log_errors(std::string_view log, std::vector<GuestFunction>& functions);

}  // namespace vfio_doctor
