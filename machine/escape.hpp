// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace vfio_doctor {

/// Blanks, backslashes and everything outside printable ASCII as "\x20": a path as one word of a recorded machine.
std::string escape_path(std::string_view path);
/// The same for a sentence: blanks inside it stay.
std::string escape_reason(std::string_view reason);
/// Undoes both; what is no such escape stays as it is.
std::string unescape(std::string_view text);

}  // namespace vfio_doctor
