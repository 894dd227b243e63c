// SPDX-License-Identifier: GPL-2.0-or-later
// An example's file name says the worst status that its check must give.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "checks/finding.hpp"

namespace vfio_doctor::testing {

inline std::string status_in_name(const std::filesystem::path& path) {
  const auto stem = path.stem().string();
  for (const std::string status : {"pass", "warn", "fail", "unknown", "not-applicable"})
    if (stem == status || stem.starts_with(status + "-")) return status;
  return "(file name does not start with a status)";
}

inline std::string worst_status(const std::vector<Finding>& findings) {
  static const std::map<Status, int> badness = {{Status::not_applicable, 0}, {Status::pass, 1}, {Status::unknown, 2},
                                                {Status::warn, 3},           {Status::fail, 4}, {Status::error, 5}};
  const auto worst = std::ranges::max_element(findings, {}, [](const Finding& finding) { return badness.at(finding.status); });
  return std::string(to_text(worst->status));
}

}  // namespace vfio_doctor::testing
