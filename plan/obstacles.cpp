// SPDX-License-Identifier: GPL-2.0-or-later
// Why there is no plan: what the host would lose, what the kernel refuses and no step changes, what could not be seen.
#include <algorithm>

#include "checks/kernel/group_members.hpp"
#include "plan/draft.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_reasons = 64;

void refuse(PlanDraft& draft, Refusal refusal) {
  const auto same = [&refusal](const Refusal& other) {
    return other.subject == refusal.subject && other.reason == refusal.reason;
  };
  auto& refused = draft.plan.refused;
  if (refused.size() < most_reasons && std::ranges::none_of(refused, same)) refused.push_back(std::move(refusal));
}

void not_seen(PlanDraft& draft, std::string what) {
  auto& unseen = draft.plan.unseen;
  if (unseen.size() < most_reasons && std::ranges::find(unseen, what) == unseen.end()) unseen.push_back(std::move(what));
}

bool has_commands(const Finding& finding) {
  return std::ranges::any_of(finding.remedy, [](const Remedy& remedy) { return !remedy.commands.empty(); });
}

/// Whether some step of the plan takes this obstacle away.
bool is_cured(const Finding& finding) {
  switch (treatment_of(finding.id)) {
    case Treatment::arguments:
      return !finding.remedy.empty();
    case Treatment::bind:
    case Treatment::hand:
      return true;
    case Treatment::step:
      return has_commands(finding);
    case Treatment::settings:
    case Treatment::refuse:
    case Treatment::note:
      break;
  }
  return false;
}

void weigh(PlanDraft& draft, const Finding& finding) {
  if (finding.effect != Effect::blocked && finding.effect != Effect::protects) return;
  if (is_open(finding)) return not_seen(draft, finding.subject + ": " + finding.summary);
  if (!is_problem(finding)) return;
  if (finding.effect == Effect::blocked && is_cured(finding)) return;
  Refusal refusal{finding.subject, finding.id, finding.summary};
  if (finding.effect == Effect::protects && can_be_accepted(finding)) refusal.accept = finding.id + "=" + finding.subject;
  refuse(draft, std::move(refusal));
}

/// A device of the plan that is no thing to give away, or whose driver is not known.
void weigh(PlanDraft& draft, const PlannedDevice& device) {
  const auto* function = draft.host.find(device.address);
  const auto* decision = draft.decision(device.address);
  if (!function) return;
  if (device.goes() && decision && decision->verdict == DeviceVerdict::unsuitable)
    refuse(draft, {device.address.text(), "",
                   decision->reasons.empty() ? "It is no device to give away." : decision->reasons.front().text});
  if (function->driver.is_unreadable())
    not_seen(draft, device.address.text() + ": which driver holds it could not be read (" + function->driver.why() + ")");
}

/// Switching virtual functions on needs a card that can, and the driver that makes them.
void weigh_virtual_functions(PlanDraft& draft, unsigned wanted) {
  if (draft.plan.devices.size() != 1)
    return refuse(draft, {host_subject, "", "Virtual functions are switched on for one card at a time."});
  const auto& function = *draft.host.find(draft.plan.devices.front().address);
  const auto address = function.address.text();
  if (function.virtual_functions.is_unreadable())
    return not_seen(draft, address + ": whether it can have virtual functions (" + function.virtual_functions.why() + ")");
  if (function.virtual_functions.is_absent())
    return refuse(draft, {address, "", "It cannot have virtual functions (no SR-IOV)."});
  if (!function.driver.has_value() || is_held_by_vfio(function))
    return refuse(draft, {address, "", "Virtual functions are made by the host's driver, and none holds the card."});
  const auto room = draft.host.room.functions.find(function.address);
  const auto* total = room == draft.host.room.functions.end() ? nullptr : room->second.total_virtual_functions.get();
  if (!total) return not_seen(draft, address + ": how many virtual functions it can have");
  if (wanted > *total)
    refuse(draft,
           {address, "", "It can have " + std::to_string(*total) + " virtual functions, not " + std::to_string(wanted) + "."});
}

}  // namespace

void find_obstacles(PlanDraft& draft) {
  for (const auto& address : draft.request.wanted)
    if (!draft.host.find(address)) refuse(draft, {address.text(), "", "There is no such function on this host."});
  if (draft.request.virtual_functions) {  // the card stays, and so does what the host does with it
    for (const auto* finding : draft.relevant)
      if (finding->subject == host_subject) weigh(draft, *finding);
    if (draft.plan.refused.empty()) weigh_virtual_functions(draft, *draft.request.virtual_functions);
    return;
  }
  for (const auto& device : draft.plan.devices) weigh(draft, device);
  for (const auto* finding : draft.relevant) weigh(draft, *finding);
}

}  // namespace vfio_doctor
