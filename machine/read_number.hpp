// SPDX-License-Identifier: GPL-2.0-or-later
// One number or switch in a file of its own, as sysfs has them.
#pragma once

#include <limits>
#include <string>

#include "base/observed.hpp"
#include "base/text.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The number that is the first line of a file; unreadable where that is none, or none of this type.
template <class Number>
Observed<Number> read_number(const Root& root, const std::string& path, int base = 10) {
  const auto text = root.read_line(path);
  if (!text.has_value()) return Observed<Number>::like(text);
  const auto number = parse_unsigned(text.value(), base);
  if (!number || *number > std::numeric_limits<Number>::max())
    return Observed<Number>::unreadable(path + " holds no such number");
  return static_cast<Number>(*number);
}

/// A module's parameter of the kind bool: "Y" or "N", in some files "1" or "0"; unreadable where it is none of these.
inline Observed<bool> read_switch(const Root& root, const std::string& path) {
  const auto text = root.read_line(path);
  if (!text.has_value()) return Observed<bool>::like(text);
  if (text.value() == "Y" || text.value() == "1") return true;
  if (text.value() == "N" || text.value() == "0") return false;
  return Observed<bool>::unreadable(path + " holds neither Y nor N");
}

}  // namespace vfio_doctor
