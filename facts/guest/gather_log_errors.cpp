// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor {
namespace {

using Lines = std::vector<GuestLogLine>;
constexpr std::size_t most_kept = 8, longest_line = 2000;

/// A success clears what was said of its topic before.
void clear(const std::string& topic, Lines& lines) {
  std::erase_if(lines, [&topic](const GuestLogLine& line) { return line.topic == topic; });
}

void keep(std::string_view line, const LogPattern& row, Lines& lines) {
  if (row.meaning == LogMeaning::benign) return;
  if (row.meaning == LogMeaning::success) return clear(std::string(row.topic), lines);
  // The first words tell the cause, the last ones how it ended.
  if (lines.size() == most_kept) lines.erase(lines.begin() + most_kept / 2);
  lines.push_back({std::string(line), row.meaning, std::string(row.topic)});
}

}  // namespace

void gather_log_errors(const Root& root, GuestView& view) {
  const auto log = root.kernel_log();
  auto& functions = view.functions.value();
  if (!log.has_value()) {
    view.notes.push_back("The kernel log could not be read (" + log.why() + "); root in the guest can see it.");
    for (auto& function : functions) function.log_errors = Observed<Lines>::like(log);
    return;
  }
  LogNames names(functions);
  for (auto& function : functions) function.log_errors = Lines{};
  for (const auto line : split_lines(log.value())) {
    if (line.size() >= longest_line) continue;
    const auto lower = to_lower(line);
    for (const auto owner : names.functions_of(lower)) {
      auto& function = functions[owner];
      const auto* row = match_log_line(lower, function.driver.has_value() ? function.driver.value() : std::string_view());
      if (row) keep(line, *row, function.log_errors.value());
    }
  }
}

}  // namespace vfio_doctor
