// SPDX-License-Identifier: GPL-2.0-or-later
// A fact where only its value counts, and why there is none does not.
#pragma once

#include <optional>

#include "base/observed.hpp"

namespace vfio_doctor {

template <class T>
std::optional<T> known(const Observed<T>& fact) {
  return fact.has_value() ? std::optional<T>(fact.value()) : std::nullopt;
}

}  // namespace vfio_doctor
