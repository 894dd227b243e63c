// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// The text of --help or a list, its lines broken at blanks to `columns`. What follows a column of options or examples ("  --root DIR
/// A directory ...") is continued in its own column, or, where that would leave too little room, on lines of their own.
std::string wrap_help(std::string_view text, std::size_t columns);

}  // namespace vfio_doctor
