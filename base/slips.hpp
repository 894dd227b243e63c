// SPDX-License-Identifier: GPL-2.0-or-later
// How far one written word is from another.
#pragma once

#include <cstddef>
#include <string_view>

namespace vfio_doctor {

/// How many slips of the fingers make one word of the other: a character too many, too few or another one, or two neighbours
/// that changed places (optimal string alignment). `most` + 1 where it takes more than `most`; words whose lengths differ by
/// more are not compared, so that a long word costs nothing.
std::size_t slips_between(std::string_view one, std::string_view other, std::size_t most);

}  // namespace vfio_doctor
