// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "snapshot/argument_redaction.hpp"

namespace vfio_doctor {

/// The kernel's log: the lines of known_log_lines.hpp, of those what they say there; all others are dropped.
std::string redact_kernel_log(std::string_view text, const TextRedactor& words, const ArgumentRedactor& arguments);

}  // namespace vfio_doctor
