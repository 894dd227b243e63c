// SPDX-License-Identifier: GPL-2.0-or-later
// The formats that a plan is written in. Each turns a plan into bytes and judges nothing.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/after.hpp"
#include "plan/plan.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// What calls itself a secret is masked, see mask_report.hpp; to be called once, before anything is rendered.
void mask_secrets(Plan& plan);
void mask_secrets(PlanOutcome& outcome);

std::string render_plan_text(const Plan& plan, const TextStyle& style);
std::string render_plan_json(const Plan& plan, const TextStyle& style);
/// libvirt's <hostdev> elements for the whole set.
std::string render_plan_xml(const Plan& plan, const TextStyle& style);
/// Commands for Proxmox VE.
std::string render_plan_qm(const Plan& plan, const TextStyle& style);
/// Options of QEMU's command line.
std::string render_plan_qemu(const Plan& plan, const TextStyle& style);
/// A script for bash: does nothing without --apply.
std::string render_plan_shell(const Plan& plan, const TextStyle& style);
/// A list of Ansible's tasks.
std::string render_plan_ansible(const Plan& plan, const TextStyle& style);

struct PlanFormat {
  std::string_view name;
  std::string (*render)(const Plan& plan, const TextStyle& style);
  bool runs;  ///< its commands are run by root, not read by a person
};

/// The first is what is written where none is asked for.
std::span<const PlanFormat> plan_formats();
std::vector<std::string> names_of_plan_formats();

std::string render_outcome_text(const PlanOutcome& outcome, const TextStyle& style);
std::string render_outcome_json(const PlanOutcome& outcome);

/// The plan in what render_plan_json() wrote, as far as `plan --after` needs it: devices, steps, their aims.
/// Throws InputError "NAME: what is wrong".
Plan read_plan(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
