// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// "; did you mean 'check'?" where one of `words` is `typed` but for a slip of the fingers, else nothing.
std::string suggestion(std::string_view typed, const std::vector<std::string>& words);

}  // namespace vfio_doctor
