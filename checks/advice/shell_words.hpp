// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

/// True for a character that no shell reads in a way of its own.
bool is_plain_in_shell(char c);

/// `text` as one word of a shell, in quotes where it needs them.
std::string shell_quoted(const std::string& text);

}  // namespace vfio_doctor
