// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/guest_cycle.hpp"

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::string where(const CycleOutcome& outcome) {
  if (outcome.step == CycleStep::arrive) return "Before the first round";
  return "Round " + std::to_string(outcome.round) + " of " + std::to_string(outcome.rounds) + ", " +
         std::string(to_text(outcome.step));
}

Remedy remedy_for(const CycleOutcome& outcome) {
  Remedy remedy;
  remedy.text = outcome.step == CycleStep::arrive
                    ? "Mend what fails before the guest is taken through anything: see the device's own findings."
                    : "The device did not survive its reset. See which ways of reset the host has for it, and try another one "
                      "of them; some "
                      "devices need a power cycle of the host.";
  remedy.commands = {"vfio-doctor check --domain DOMAIN", "vfio-doctor explain guest-cycle"};
  remedy.risk = "Looking changes nothing. A power cycle stops everything on the host.";
  return remedy;
}

}  // namespace

std::string_view to_text(CycleStep step) {
  switch (step) {
    case CycleStep::arrive:
      return "as it was";
    case CycleStep::start:
      return "shutdown and start";
    case CycleStep::reboot:
      return "reboot";
    case CycleStep::reset:
      break;
  }
  return "reset";
}

Finding judge_cycle(const CycleOutcome& outcome) {
  constexpr std::size_t most_lines = 12;
  Finding finding;
  finding.id = cycle_finding_id;
  finding.title = "Devices survive restarts of the guest";
  finding.subject = "domain:" + outcome.domain;
  finding.status = outcome.trouble.empty() ? outcome.proof : Status::fail;
  finding.summary = where(outcome) + ": ";
  if (!outcome.trouble.empty())
    finding.summary += outcome.trouble + ".";
  else if (outcome.proof == Status::pass)
    finding.summary += "every expected device is here and works.";
  else if (outcome.proof == Status::fail)
    finding.summary += outcome.failing.empty() ? "an expected device fails." : outcome.failing.front();
  else
    finding.summary += "nothing fails, but not all of it could be seen.";
  for (const auto& line : outcome.failing)
    if (finding.evidence.size() < most_lines) finding.evidence.push_back({"guest", line});
  for (const auto& line : outcome.host_lines)
    if (finding.evidence.size() < 2 * most_lines) finding.evidence.push_back({"kernel log of the host", line});
  if (finding.status == Status::fail) finding.remedy.push_back(remedy_for(outcome));
  return finding;
}

}  // namespace vfio_doctor
