// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"
#include "verdicts/acceptance.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {

/// Of a group that is impossibly large only so many companions are named.
inline constexpr std::size_t most_named_companions = 64;

/// The decision about one function.
struct DeviceDecision {
  const PciFunction* function = nullptr;
  DeviceVerdict verdict = DeviceVerdict::undetermined;
  std::vector<PciAddress> companions;  ///< of very many (most_members in their group) only the first few
  std::size_t companions_total = 0;
  std::vector<Sentence> reasons;
};

/// Decides about every function from what the checks found, in this order: unsuitable, blocked, protected,
/// undetermined, with-companions, assignable. A finding speaks of a function when its subject is the host, the function
/// or its group; protection also reaches from a companion, because the two go together.
/// What is `accepted` protects nothing any more: it becomes a remark.
std::vector<DeviceDecision> decide_devices(const Host& host, const std::vector<Finding>& findings,
                                           const std::vector<Acceptance>& accepted = {});

}  // namespace vfio_doctor
