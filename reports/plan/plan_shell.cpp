// SPDX-License-Identifier: GPL-2.0-or-later
// The plan as a script: what is its own stands first, what every plan shares (script.sh) behind it.
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "checks/advice/shell_words.hpp"
#include "facts/platform/machine_identity.hpp"
#include "reports/plan/guest_definition.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {

extern const std::string_view plan_script;

namespace {

/// One line of a comment, whatever others wrote.
std::string comment(const std::string& text) { return "# " + printable(text) + "\n"; }

std::string say(const std::string& text) { return "  printf '%s\\n' " + shell_quoted("   " + printable(text)) + "\n"; }

/// A function of the script; a body without a command would be none.
std::string function(const std::string& name, const std::string& body) {
  return name + "() {\n" + (body.empty() ? "  :\n" : body) + "}\n";
}

/// Every command has to succeed, and not just the last one. "set -e" would not do: it is without effect in a function whose result
/// somebody looks at.
std::string all_of(const std::vector<std::string>& commands) {
  std::string text;
  for (const auto& command : commands) text += "  { " + command + "; } || return 1\n";
  return text;
}

/// The way back goes as far as it can: what was not done cannot be undone.
std::string each_of(const std::vector<std::string>& commands) {
  std::string text;
  for (const auto& command : commands) text += "  { " + command + "; } || failed=1\n";
  return text;
}

std::string show(const PlanStep& step) {
  auto body = say(step.text) + say("Why: " + step.why);
  for (const auto& command : step.commands) body += say("  " + command);
  if (!step.risk.empty()) body += say("Risk: " + step.risk);
  return body;
}

std::string kind_of(const PlanStep& step) { return step.reboot ? "reboot" : step.by_hand ? "hand" : "run"; }

std::string functions_of(const PlanStep& step, std::size_t i) {
  const auto number = std::to_string(i);
  auto text = "\n" + comment(std::to_string(i + 1) + ". " + step.text) + function("show_" + number, show(step));
  if (!step.verify.empty()) text += function("verify_" + number, all_of(step.verify));
  if (step.reboot || step.by_hand) return text;
  std::string files;
  for (const auto& file : step.files) files += " " + shell_quoted(file);
  text += function("files_" + number, files.empty() ? "" : "  keep " + shell_quoted(step.id) + files + "\n");
  text += function("do_" + number, all_of(step.commands));
  return text + function("undo_" + number, each_of(step.undo));
}

std::string identities(const Plan& plan) {
  std::string body;
  for (const auto& device : plan.devices) {
    if (!device.ids || device.ids->size() != 9) continue;
    body += "  check_ids " + device.address.text() + " 0x" + device.ids->substr(0, 4) + " 0x" + device.ids->substr(5) + "\n";
    if (plan.host.iommu != "on") continue;  // groups come with the IOMMU
    body += "  check_group " + device.address.text() + " " + (device.group ? std::to_string(*device.group) : "''");
    for (const auto& member : device.members) body += " " + member.text();
    body += "\n";
  }
  return function("check_identities", body);
}

std::string drivers(const Plan& plan) {
  std::string body;
  for (const auto& device : plan.devices)
    body += "  \"$1\" " + device.address.text() + " " + shell_quoted(device.driver.value_or("")) + "\n";
  return function("each_driver", body);
}

std::string list(const std::string& name, const Plan& plan, std::string (*word)(const PlanStep&)) {
  std::string text = name + "=(";
  for (const auto& step : plan.steps) text += (text.ends_with('(') ? "" : " ") + shell_quoted(word(step));
  return text + ")\n";
}

std::string heading(const Plan& plan) {
  std::string text = "#!/usr/bin/env bash\n" + comment(std::string("Made by vfio-doctor ") + program_version + ".");
  for (const auto& device : plan.devices)
    text += comment(device.address.text() + " " + device.name + (device.ids ? " [" + *device.ids + "]" : "") + ": " +
                    std::string(to_text(device.role)));
  for (const auto& accepted : plan.accepted)
    text += comment("Accepted risk: " + accepted.id + " of " + accepted.subject + ": " + accepted.reason + " (" +
                    accepted.source + ")");
  for (const auto& note : plan.notes) text += comment("Note: " + note);
  const auto xml = hostdev_elements(plan);
  for (const auto line : split_lines(xml)) text += comment(std::string(line));
  return text + comment("Nothing is changed unless it is run with --apply.");
}

/// A plan that is none makes a script that says so and fails.
std::string refusal(const Plan& plan) {
  std::string body;
  const auto tell = [&body](const std::string& text) {
    body += "printf '%s\\n' " + shell_quoted("plan: " + printable(text)) + " >&2\n";
  };
  for (const auto& refused : plan.refused) tell("refused: " + refused.subject + ": " + refused.reason);
  for (const auto& unseen : plan.unseen) tell("not seen: " + unseen);
  return body + "exit 3\n";
}

}  // namespace

std::string render_plan_shell(const Plan& plan, const TextStyle&) {
  auto text = heading(plan);
  if (plan.state != PlanState::plan) return text + refusal(plan);
  text += "set -uo pipefail\nexport LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin\n\n";
  text +=
      "machine=" + (plan.host.machine ? *plan.host.machine : std::string(plan.host.machine_known ? "none" : "unknown")) + "\n";
  text += "arguments=" + (plan.host.arguments ? identity_hash(*plan.host.arguments) : std::string("unknown")) + "\n";
  const auto lists = list("ids", plan, [](const PlanStep& step) { return step.id; }) + list("kinds", plan, kind_of);
  std::string steps;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) steps += functions_of(plan.steps[i], i);
  steps = identities(plan) + drivers(plan) + steps;
  text += lists + "state=/var/lib/vfio-doctor/plan-" + identity_hash(lists + steps) + "\n\n";
  return text + steps + std::string(plan_script);
}

}  // namespace vfio_doctor
