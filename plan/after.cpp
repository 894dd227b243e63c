// SPDX-License-Identifier: GPL-2.0-or-later
#include "plan/after.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

namespace vfio_doctor {
namespace {

constexpr std::size_t most_reasons = 8;

/// The checks that tell why an aim of this kind was not reached.
bool tells_about(const Finding& finding, const Aim& aim) {
  static constexpr auto checks = std::to_array<std::pair<AimKind, std::string_view>>({
      {AimKind::kernel_argument, "command-line-drift"},
      {AimKind::kernel_argument, "grub-stub"},
      {AimKind::no_kernel_argument, "command-line-drift"},
      {AimKind::no_kernel_argument, "grub-stub"},
      {AimKind::iommu, "iommu-active"},
      {AimKind::iommu, "command-line-drift"},
      {AimKind::iommu, "firmware-iommu-table"},
      {AimKind::interrupt_remapping, "interrupt-remapping"},
      {AimKind::modprobe_line, "module-lists"},
      {AimKind::driver, "vfio-ids"},
      {AimKind::driver, "built-in-driver"},
      {AimKind::driver, "image-modules"},
      {AimKind::driver, "image-hooks"},
      {AimKind::driver, "softdep-direction"},
      {AimKind::driver, "driver-override"},
      {AimKind::module_loaded, "vfio-support"},
      {AimKind::virtual_functions, "virtual-function-room"},
  });
  const bool is_about = std::ranges::find(checks, std::pair(aim.kind, std::string_view(finding.id))) != checks.end();
  const bool is_here = finding.subject == host_subject || (aim.device && finding.subject == device_subject(*aim.device));
  return is_about && is_here && finding.status != Status::pass && finding.status != Status::not_applicable;
}

/// The worse of two: no, then unknown.
Reached both(Reached one, Reached other) {
  if (one == Reached::no || other == Reached::no) return Reached::no;
  return one == Reached::unknown || other == Reached::unknown ? Reached::unknown : Reached::yes;
}

/// A step without an aim took effect when today's plan does not ask for it any more.
Reached by_plan_of_today(const PlanStep& step, const Plan& now) {
  if (now.state != PlanState::plan) return Reached::unknown;
  const bool still = std::ranges::find(now.steps, step.id, &PlanStep::id) != now.steps.end();
  return still ? Reached::no : Reached::yes;
}

StepOutcome judge(const Host& host, const std::vector<Finding>& findings, const PlanStep& step, const Plan& now) {
  StepOutcome outcome{step.id, step.text, Reached::yes, {}, {}};
  std::set<std::string> told;
  for (const auto& aim : step.aims) {
    const auto state = is_reached(host, aim);
    outcome.reached = both(outcome.reached, state);
    outcome.seen.push_back(words_of(aim) + ": " + (state == Reached::yes ? "yes" : seen_of(host, aim)));
    if (state == Reached::yes) continue;
    for (const auto& finding : findings)
      if (tells_about(finding, aim) && outcome.why.size() < most_reasons && told.insert(finding.summary).second)
        outcome.why.push_back(finding.id + ": " + finding.summary);
  }
  if (step.aims.empty()) outcome.reached = by_plan_of_today(step, now);
  return outcome;
}

}  // namespace

PlanOutcome compare_with_plan(const Host& host, const std::vector<Finding>& findings, const Plan& before, const Plan& now) {
  PlanOutcome outcome;
  outcome.reached = Reached::yes;
  for (const auto& step : before.steps) {
    if (step.reboot || step.id == "plan-again") continue;  // what they lead to is seen in the other steps
    outcome.steps.push_back(judge(host, findings, step, now));
    outcome.reached = both(outcome.reached, outcome.steps.back().reached);
  }
  for (const auto& refusal : now.refused) outcome.notes.push_back("Today: " + refusal.subject + ": " + refusal.reason);
  for (const auto& unseen : now.unseen) outcome.notes.push_back("Today: not seen: " + unseen);
  if (now.state == PlanState::plan && !now.steps.empty()) {
    std::string left;
    for (const auto& step : now.steps) left += (left.empty() ? "" : ", ") + step.id;
    outcome.notes.push_back("A plan made today has these steps: " + left + ".");
  }
  return outcome;
}

int exit_code(Reached reached) { return reached == Reached::yes ? 0 : reached == Reached::no ? 1 : 3; }

}  // namespace vfio_doctor
