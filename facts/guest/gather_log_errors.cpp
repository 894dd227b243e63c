// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>
#include <string>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor {
namespace {

using Lines = std::vector<GuestLogLine>;
constexpr std::size_t most_kept = 8, longest_line = 2000;

/// What the log says of one function, line by line.
class Story {
 public:
  void hear(std::string_view line, const LogPattern& row, bool is_shared) {
    switch (row.meaning) {
      case LogMeaning::benign:
        return;
      case LogMeaning::success:
        return is_shared ? void() : recover(row.topic);
      case LogMeaning::fail:
      case LogMeaning::trouble:
        break;
    }
    const bool fails = row.meaning == LogMeaning::fail;
    if (fails && recovered_.contains(row.topic)) relapsed_.insert(row.topic);
    // The first words tell the cause, the last ones how it ended.
    if (lines_.size() == most_kept) lines_.erase(lines_.begin() + most_kept / 2);
    // Of one that may be meant it is no last word.
    lines_.push_back({std::string(line), fails && is_shared ? LogMeaning::trouble : row.meaning, std::string(row.topic)});
  }
  Lines take() { return std::move(lines_); }

 private:
  /// A success clears what was said of its topic before. One that fails again and again has not been healed by that.
  void recover(std::string_view topic) {
    const auto is_of_topic = [topic](const GuestLogLine& line) { return line.topic == topic; };
    const bool has_failed = std::ranges::any_of(lines_, [&](const GuestLogLine& line) {
      return is_of_topic(line) && line.meaning == LogMeaning::fail;
    });
    if (relapsed_.contains(topic)) {
      for (auto& line : lines_)
        if (is_of_topic(line)) line.meaning = LogMeaning::trouble;
      return;
    }
    if (has_failed) recovered_.insert(topic);
    std::erase_if(lines_, is_of_topic);
  }

  Lines lines_;
  std::set<std::string_view> recovered_, relapsed_;  ///< topics; they live in the table
};

}  // namespace

void read_log_errors(std::string_view log, std::vector<GuestFunction>& functions) {
  LogNames names(functions);
  std::vector<Story> stories(functions.size());
  for (const auto line : split_lines(log)) {
    if (line.size() >= longest_line) continue;
    const auto lower = to_lower(line);
    const auto [owners, is_shared] = names.owners_of(lower);
    for (const auto owner : owners) {
      const auto& function = functions[owner];
      const auto* row = match_log_line(lower, function.driver.has_value() ? function.driver.value() : std::string_view());
      if (row) stories[owner].hear(line, *row, is_shared);
    }
  }
  for (std::size_t i = 0; i < functions.size(); ++i) functions[i].log_errors = stories[i].take();
}

void gather_log_errors(const Root& root, GuestView& view) {
  const auto log = root.kernel_log();
  auto& functions = view.functions.value();
  if (log.has_value()) return read_log_errors(log.value(), functions);
  view.notes.push_back("The kernel log could not be read (" + log.why() + "); root in the guest can see it.");
  for (auto& function : functions) function.log_errors = Observed<Lines>::like(log);
}

}  // namespace vfio_doctor
