// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/secrets.hpp"
#include "reports/mask_report.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {
namespace {

/// A step whose commands would show a secret becomes one that a person does.
void mask_step(PlanStep& step) {
  Remedy remedy{step.text, step.commands, step.undo, step.risk};
  mask_secrets(remedy);
  const bool left_out = remedy.commands.empty() && !step.commands.empty();
  step.text = std::move(remedy.text);
  step.commands = std::move(remedy.commands);
  step.undo = std::move(remedy.undo);
  step.risk = std::move(remedy.risk);
  step.by_hand |= left_out;
  mask_secrets_in(step.why);
  mask_secrets_in(step.verify);
  std::erase_if(step.verify, [](const std::string& command) { return command.find(secret_mask) != command.npos; });
  for (auto& aim : step.aims) mask_secrets_in(aim.value);
}

}  // namespace

void mask_secrets(Plan& plan) {
  for (auto& device : plan.devices) mask_secrets_in(device.name);
  for (auto& step : plan.steps) mask_step(step);
  for (auto& refusal : plan.refused) mask_secrets_in(refusal.reason);
  mask_secrets_in(plan.unseen);
  mask_secrets_in(plan.notes);
  for (auto& accepted : plan.accepted) mask_secrets_in(accepted.reason);
}

void mask_secrets(PlanOutcome& outcome) {
  for (auto& step : outcome.steps) {
    mask_secrets_in(step.text);
    mask_secrets_in(step.seen);
    mask_secrets_in(step.why);
  }
  mask_secrets_in(outcome.notes);
}

}  // namespace vfio_doctor
