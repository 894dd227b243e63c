// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/make_plan.hpp"

#include <algorithm>

#include "base/known.hpp"
#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "plan/aims.hpp"
#include "plan/draft.hpp"

namespace vfio_doctor {

const DeviceDecision* PlanDraft::decision(const PciAddress& address) const {
  const auto found = std::ranges::find_if(decisions, [&](const auto& one) { return one.function->address == address; });
  return found == decisions.end() ? nullptr : &*found;
}

std::vector<const Finding*> PlanDraft::problems(Treatment treatment) const {
  std::vector<const Finding*> found;
  for (const auto* finding : relevant)
    if (is_problem(*finding) && treatment_of(finding->id) == treatment) found.push_back(finding);
  return found;
}

PlanStep step_of(PlanDraft& draft, std::string id, Remedy remedy, std::string why, std::vector<Aim> aims) {
  for (auto* commands : {&remedy.commands, &remedy.undo})
    if (std::erase(*commands, reboot_command) > 0) draft.reboots = true;
  PlanStep step;
  step.id = std::move(id);
  step.text = std::move(remedy.text);
  step.why = std::move(why);
  step.by_hand = remedy.by_hand || remedy.commands.empty();
  step.commands = std::move(remedy.commands);
  step.undo = std::move(remedy.undo);
  if (!step.by_hand)  // files are brought back; nobody sits before an editor when a program goes back
    std::erase_if(step.undo, [](const std::string& command) { return command.starts_with("sudoedit "); });
  step.risk = std::move(remedy.risk);
  step.files = std::move(remedy.files);
  for (const auto& aim : aims)
    if (auto command = verify_command(aim); !command.empty()) step.verify.push_back(std::move(command));
  step.aims = std::move(aims);
  return step;
}

void add_step(PlanDraft& draft, PlanStep step) {
  const auto so_already = [&](const Aim& aim) { return is_reached(draft.host, aim) == Reached::yes; };
  if (!step.aims.empty() && std::ranges::all_of(step.aims, so_already)) return;
  const auto same = [&step](const PlanStep& other) { return other.id == step.id; };
  if (std::ranges::none_of(draft.plan.steps, same)) draft.plan.steps.push_back(std::move(step));
}

namespace {

PlannedDevice describe(const Host& host, const PciFunction& function, DeviceRole role) {
  PlannedDevice device;
  device.address = function.address;
  device.name = function.name;
  if (function.id.has_ids()) device.ids = ids_text(function.id);
  device.group = known(function.iommu_group);
  if (const auto* group = device.group ? host.iommu.find_group(*device.group) : nullptr) device.members = group->members;
  device.driver = known(function.driver);
  device.role = role;
  return device;
}

bool is_planned(const Plan& plan, const PciAddress& address) {
  return std::ranges::find(plan.devices, address, &PlannedDevice::address) != plan.devices.end();
}

/// What shares a group: parts of the chipset are never given away.
DeviceRole role_of_companion(const PlanDraft& draft, const PciFunction& function) {
  const auto* decision = draft.decision(function.address);
  const bool unsuitable = !decision || decision->verdict == DeviceVerdict::unsuitable;
  return unsuitable || draft.request.companions == CompanionChoice::leave ? DeviceRole::idle : DeviceRole::companion;
}

std::vector<std::string> subjects_of(const PlanDraft& draft) {
  std::vector<std::string> subjects = {host_subject};
  if (draft.request.domain) subjects.push_back(domain_subject(*draft.request.domain));
  for (const auto& device : draft.plan.devices) {
    subjects.push_back(device_subject(device.address));
    if (device.group) subjects.push_back(group_subject(*device.group));
  }
  return subjects;
}

Plan::HostSummary summarize(const Host& host) {
  Plan::HostSummary summary;
  summary.kernel = known(host.kernel.release);
  summary.distribution =
      known(host.distribution.pretty_name.has_value() ? host.distribution.pretty_name : host.distribution.id);
  summary.boot_loader = to_text(host.boot.loader);
  summary.iommu = to_text(dma_remapping(host));
  if (const auto* arguments = host.kernel.arguments.get()) {
    std::string line;
    for (const auto& argument : arguments->all()) {
      const auto text = argument.text();  // which the words point into
      for (const auto word : split_words(text)) line += (line.empty() ? "" : " ") + std::string(word);
    }
    std::erase(line, '"');
    summary.arguments = line;
  }
  return summary;
}

/// What the plan repeats of things that are no steps: about the devices, not about the host.
void add_notes(PlanDraft& draft) {
  constexpr std::size_t most_notes = 24;
  for (const auto* finding : draft.problems(Treatment::note))
    if (finding->subject != host_subject && draft.plan.notes.size() < most_notes)
      draft.plan.notes.push_back(finding->subject + ": " + finding->summary);
  for (const auto& acceptance : draft.accepted) {
    const auto subjects = subjects_of(draft);
    if (std::ranges::find(subjects, acceptance.subject) != subjects.end()) draft.plan.accepted.push_back(acceptance);
  }
}

}  // namespace

void choose_devices(PlanDraft& draft) {
  auto& devices = draft.plan.devices;
  const auto role = draft.request.virtual_functions ? DeviceRole::physical : DeviceRole::guest;
  const auto role_of = [&draft, role](const PciAddress& address) {
    return draft.request.domain && draft.request.domain->only_frees(address) ? DeviceRole::idle : role;
  };
  for (const auto& address : draft.request.wanted)
    if (const auto* function = draft.host.find(address); function && !is_planned(draft.plan, address))
      devices.push_back(describe(draft.host, *function, role_of(address)));
  const auto asked_for = devices.size();
  for (std::size_t i = 0; i < asked_for && role == DeviceRole::guest; ++i)
    for (const auto& companion : companions_of(draft.host, *draft.host.find(devices[i].address)))
      if (const auto* function = draft.host.find(companion); function && !is_planned(draft.plan, companion))
        devices.push_back(describe(draft.host, *function, role_of_companion(draft, *function)));
  const auto subjects = subjects_of(draft);
  for (const auto& finding : draft.findings)
    if (std::ranges::find(subjects, finding.subject) != subjects.end() && !find_acceptance(draft.accepted, finding))
      draft.relevant.push_back(&finding);
}

Plan make_plan(const Host& host, const std::vector<Finding>& findings, const std::vector<Acceptance>& accepted,
               const PlanRequest& request) {
  PlanDraft draft{host, findings, accepted, request, decide_devices(host, findings, accepted), {}, {}, false};
  draft.plan.host = summarize(host);
  if (request.domain) {
    const auto form = request.domain->form;
    draft.plan.domain = request.domain->name;
    draft.plan.guest_form = form == Domain::Form::proxmox        ? Plan::GuestForm::proxmox
                            : form == Domain::Form::command_line ? Plan::GuestForm::command_line
                                                                 : Plan::GuestForm::libvirt;
  }
  choose_devices(draft);
  find_obstacles(draft);
  add_notes(draft);
  if (!draft.plan.refused.empty() || !draft.plan.unseen.empty()) {
    draft.plan.state = draft.plan.refused.empty() ? PlanState::undetermined : PlanState::refused;
    return std::move(draft.plan);
  }
  add_intent_step(draft);
  add_start_steps(draft);
  if (!draft.plan.continues) add_device_steps(draft);
  if (!draft.plan.continues) add_guest_steps(draft);
  return std::move(draft.plan);
}

}  // namespace vfio_doctor
