// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/acceptance.hpp"

namespace vfio_doctor {

bool can_be_accepted(const Finding& finding) {
  return (finding.status == Status::warn || finding.status == Status::fail) && finding.effect != Effect::blocked &&
         finding.effect != Effect::unsuitable;
}

const Acceptance* find_acceptance(const std::vector<Acceptance>& accepted, const Finding& finding) {
  if (accepted.empty() || !can_be_accepted(finding)) return nullptr;
  for (const Acceptance& each : accepted)
    if (each.id == finding.id && each.subject == finding.subject) return &each;
  return nullptr;
}

}  // namespace vfio_doctor
