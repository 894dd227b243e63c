// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"

namespace vfio_doctor {

/// A finding that somebody takes responsibility for: it is shown with its status, and no longer stands in the way.
struct Acceptance {
  std::string id;       ///< of the check
  std::string subject;  ///< as the finding has it
  std::string reason;   ///< whoever accepted it gave it
  std::string source;   ///< "--accept", "/etc/vfio-doctor.conf:3"
};

/// Only a warning or failure that is a risk can be accepted: what the kernel refuses stays refused, and what is not known
/// cannot be known to be acceptable.
bool can_be_accepted(const Finding& finding);

/// The one that accepts this finding, or nullptr.
const Acceptance* find_acceptance(const std::vector<Acceptance>& accepted, const Finding& finding);

}  // namespace vfio_doctor
