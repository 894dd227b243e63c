// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "snapshot/argument_redaction.hpp"

namespace vfio_doctor {

/// /proc/PID/mountinfo, /proc/mounts and /etc/fstab: types, numbers, the usual directories and options stay; servers, what
/// they export, accounts, and the value of every option that is not known get stand-ins.
std::string redact_mounts(std::string_view text, const TextRedactor& words, const ArgumentRedactor& values,
                          Pseudonyms& pseudonyms);

}  // namespace vfio_doctor
