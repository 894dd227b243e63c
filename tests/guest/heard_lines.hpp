// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "facts/guest/log_lines.hpp"

namespace vfio_doctor::testing {

/// What a log makes of one function at 0000:0b:00.0; lines are parted by '|', each may start with its level ("<3>").
/// `child` is a node that its driver made, `log_name` what the log calls it besides ("ata3", "usb3").
inline std::vector<GuestLogLine> heard(const std::string& driver, const std::string& log, const std::string& child = {},
                                       const std::string& log_name = {}) {
  GuestFunction function;
  function.address = *PciAddress::parse("0000:0b:00.0");
  if (!driver.empty()) function.driver = driver;
  if (!log_name.empty()) function.log_names = {log_name};
  function.children = std::vector<GuestChild>{};
  if (!child.empty()) {
    function.children.value().push_back({});
    function.children.value().back().kind = GuestChild::Kind::node;
    function.children.value().back().name = child;
  }
  std::vector<GuestFunction> functions{function};
  std::string lines;
  for (const auto line : split(log, '|')) {
    const bool has_level = line.starts_with("<") && line.find('>') == 2;
    lines +=
        std::string(has_level ? line.substr(0, 3) : "") + "[   31.2] " + std::string(has_level ? line.substr(3) : line) + "\n";
  }
  read_log_errors(lines, functions);
  return functions.front().log_errors.value();
}

inline bool fails(const std::vector<GuestLogLine>& lines) {
  return std::ranges::any_of(lines, [](const GuestLogLine& line) { return line.meaning == LogMeaning::fail; });
}

}  // namespace vfio_doctor::testing
