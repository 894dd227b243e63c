// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/outline.hpp"

namespace vfio_doctor {

/// What to type next, as the last line of a report says it.
struct NextStep {
  std::string words;    ///< "Next, the first step of the remedy above:"
  std::string command;  ///< for a shell
};

/// The first command of the gravest problem that has one; else what tells more: the page of the check, another run as
/// root, a look at one device, the manifest of a device that can be given. Empty for reports about a guest.
NextStep next_step(const Report& report, const Outline& outline);

/// "vfio-doctor" with the options that make it look at the same machine again: "vfio-doctor --from 'my host.tar.zst'".
std::string program_for(const Report& report);

}  // namespace vfio_doctor
