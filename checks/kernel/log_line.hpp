// SPDX-License-Identifier: GPL-2.0-or-later
// A line of the kernel's log that a rule looks for.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/observed.hpp"

namespace vfio_doctor {

/// The first line for which `matches` is true; nothing where there is none or the log is not known.
template <class Matches>
const std::string* find_log_line(const Observed<std::vector<std::string>>& log, Matches matches) {
  if (!log.has_value()) return nullptr;
  const auto found = std::ranges::find_if(log.value(), matches);
  return found == log->end() ? nullptr : &*found;
}

}  // namespace vfio_doctor
