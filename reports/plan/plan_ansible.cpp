// SPDX-License-Identifier: GPL-2.0-or-later
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "base/version.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {
namespace {

/// A text of YAML: those of JSON are, and are plain ASCII.
std::string yaml_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

/// The name of a task, in which Ansible would look for templates.
std::string name_of(const std::string& text) {
  auto safe = printable(text);
  for (char& c : safe)
    if (c == '{') c = '(';
  return yaml_text(safe);
}

/// Ansible looks for no templates in a text that is marked as unsafe.
std::string command(const std::vector<std::string>& commands) {
  std::string script = "set -uo pipefail";  // each is looked at: to "set -e", a "!" that fails is no failure
  for (const auto& one : commands) script += "\n{ " + one + "; } || exit 1";
  return "!unsafe " + yaml_text(script);
}

std::string shell_task(const std::string& name, const std::vector<std::string>& commands) {
  return "- name: " + name +
         "\n  become: true\n  ansible.builtin.shell:\n    executable: /bin/bash\n    cmd: " + command(commands) + "\n";
}

std::string comment(const std::string& text) { return "# " + printable(text) + "\n"; }

std::string check_device(const PlannedDevice& device) {
  if (!device.ids || device.ids->size() != 9) return {};
  const auto path = "/sys/bus/pci/devices/" + device.address.text();
  return shell_task(name_of(device.address.text() + " is the device that the plan is for"),
                    {"grep -qx 0x" + device.ids->substr(0, 4) + " " + path + "/vendor",
                     "grep -qx 0x" + device.ids->substr(5) + " " + path + "/device"}) +
         "  changed_when: false\n";
}

std::string variable_of(std::size_t i) { return "vfio_doctor_step_" + std::to_string(i); }

/// Only where a step before it was needed.
std::string reboot_task(const Plan& plan, std::size_t i) {
  auto text = "- name: " + name_of(plan.steps[i].text) + "\n  become: true\n  ansible.builtin.reboot:\n";
  std::string needed;
  for (std::size_t j = 0; j < i; ++j) {
    if (plan.steps[j].by_hand || plan.steps[j].verify.empty()) return text;
    needed += (j == 0 ? "" : " or ") + variable_of(j) + ".rc != 0";
  }
  return needed.empty() ? text : text + "  when: " + needed + "\n";
}

/// Registers whether the step is needed at all, for the task behind it.
std::string tasks_of(const Plan& plan, std::size_t i) {
  const auto& step = plan.steps[i];
  if (step.reboot) return reboot_task(plan, i);
  if (step.by_hand) {
    std::string words = step.text;
    for (const auto& one : step.commands) words += " | " + one;
    return "- name: " + name_of("By hand: " + step.id) + "\n  ansible.builtin.pause:\n    prompt: !unsafe " +
           yaml_text(printable(words)) + "\n";
  }
  if (step.verify.empty()) return shell_task(name_of(step.text), step.commands);
  const auto variable = variable_of(i);
  return shell_task(name_of("Is it so already? " + step.id), step.verify) + "  register: " + variable +
         "\n  changed_when: false\n  failed_when: false\n" + shell_task(name_of(step.text), step.commands) +
         "  when: " + variable + ".rc != 0\n";
}

}  // namespace

std::string render_plan_ansible(const Plan& plan, const TextStyle&) {
  auto text =
      comment(std::string("Made by vfio-doctor ") + program_version + ": tasks for the one host that the plan was made on.");
  for (const auto& accepted : plan.accepted)
    text += comment("Accepted risk: " + accepted.id + " of " + accepted.subject + ": " + accepted.reason);
  for (const auto& refused : plan.refused) text += comment("Refused: " + refused.subject + ": " + refused.reason);
  for (const auto& unseen : plan.unseen) text += comment("Not seen: " + unseen);
  if (plan.state != PlanState::plan)
    return text +
           "- name: There is no plan\n  ansible.builtin.fail:\n    msg: The plan is refused, or something could not be seen.\n";
  for (const auto& device : plan.devices) text += check_device(device);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) text += tasks_of(plan, i);
  return plan.devices.empty() && plan.steps.empty() ? text + "[]\n" : text;
}

}  // namespace vfio_doctor
