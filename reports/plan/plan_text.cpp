// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "reports/plan/guest_definition.hpp"
#include "reports/plan/plan_report.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

std::string role_words(const PlannedDevice& device) {
  switch (device.role) {
    case DeviceRole::guest:
      return "goes to the guest";
    case DeviceRole::companion:
      return "goes along, for it shares the group";
    case DeviceRole::idle:
      return "shares the group; stays here without a driver";
    case DeviceRole::physical:
      break;
  }
  return "stays here with its driver and makes the virtual functions";
}

void show_device(TextPage& page, const PlannedDevice& device) {
  page.paragraph(device.address.text() + " " + device.name + (device.ids ? " [" + *device.ids + "]" : ""), 2, 2);
  page.paragraph(role_words(device) + "; " + (device.group ? "group " + std::to_string(*device.group) : "in no group") + ", " +
                     (device.driver ? "driver " + *device.driver : "no driver"),
                 4, 2);
}

void show_commands(TextPage& page, std::string_view heading, const std::vector<std::string>& commands) {
  if (commands.empty()) return;
  if (!heading.empty()) page.line(heading, 3);
  for (const auto& command : commands) page.line(command, heading.empty() ? 3 : 5);
}

void show_step(TextPage& page, const PlanStep& step, std::size_t number) {
  page.blank_line();
  page.paragraph(std::to_string(number) + ". " + step.text + (step.by_hand ? " (by hand)" : "") + " [" + step.id + "]", 0, 3);
  page.paragraph("Why: " + step.why, 3, 2);
  show_commands(page, {}, step.commands);
  show_commands(page, "See that it worked:", step.verify);
  show_commands(page, "Undo:", step.undo);
  if (!step.risk.empty()) page.paragraph("Risk: " + step.risk, 3, 2);
}

void show_list(TextPage& page, std::string_view heading, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  page.blank_line();
  page.line(heading);
  for (const auto& line : lines) page.paragraph("- " + line, 0, 2);
}

void show_refusals(TextPage& page, const Plan& plan) {
  page.painted_line("REFUSED: there is no plan.", Paint::red);
  for (const auto& refusal : plan.refused) {
    page.paragraph("- " + refusal.subject + ": " + refusal.reason + (refusal.id.empty() ? "" : " [" + refusal.id + "]"), 0, 2);
    if (refusal.accept)
      page.paragraph("Who takes that loss says so: --accept " + *refusal.accept + " --reason 'WHY'", 2, 2);
    else if (!refusal.id.empty())
      page.paragraph("What can be done about it: vfio-doctor explain " + refusal.id, 2, 2);
  }
}

/// A guest of Proxmox VE, or one of QEMU's own command line.
void show_guest_of_others(TextPage& page, const Plan& plan) {
  const bool proxmox = plan.guest_form == Plan::GuestForm::proxmox;
  page.paragraph(proxmox ? "For the guest, where its hostpciN do not say so already (--format qm):"
                         : "For the guest, where its command line does not say so already (--format qemu):");
  const auto text = proxmox ? render_plan_qm(plan, {}) : render_plan_qemu(plan, {});
  for (const auto line : split_lines(text))
    if (!line.starts_with("#")) page.line(line, 2);
}

void show_guest(TextPage& page, const Plan& plan) {
  const auto xml = hostdev_elements(plan);
  if (xml.empty()) return;
  page.blank_line();
  if (plan.guest_form != Plan::GuestForm::libvirt) return show_guest_of_others(page, plan);
  page.paragraph(std::string("For the guest, ") +
                 (plan.domain.empty() ? "" : "where its definition does not say so already, ") +
                 "inside <devices> (virsh edit " + (plan.domain.empty() ? std::string("NAME") : plan.domain) +
                 "); --format qm and --format qemu write it for others:");
  for (const auto line : split_lines(xml))
    if (!line.starts_with("<!--")) page.line(line, 2);
}

void show_host(TextPage& page, const Plan& plan) {
  page.paragraph("Host: " + plan.host.distribution.value_or("distribution not known") + ", kernel " +
                 plan.host.kernel.value_or("not known") + ", boot loader " + plan.host.boot_loader + ", IOMMU " +
                 plan.host.iommu);
  if (!plan.domain.empty()) page.paragraph("Guest: " + plan.domain);
  for (const auto& device : plan.devices) show_device(page, device);
}

std::string_view outcome_words(Reached reached) {
  return reached == Reached::yes ? "took effect" : reached == Reached::no ? "did NOT take effect" : "not known";
}

}  // namespace

std::string render_plan_text(const Plan& plan, const TextStyle& style) {
  TextPage page(style);
  show_host(page, plan);
  page.blank_line();
  if (plan.state == PlanState::refused) show_refusals(page, plan);
  if (plan.state == PlanState::undetermined)
    page.painted_line("UNDETERMINED: something that the plan rests on could not be seen.", Paint::yellow);
  if (plan.state == PlanState::plan)
    page.painted_line(plan.steps.empty()       ? "Nothing is left to do on the host."
                      : plan.steps.size() == 1 ? "One step:"
                                               : std::to_string(plan.steps.size()) + " steps, in this order:",
                      Paint::bold);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) show_step(page, plan.steps[i], i + 1);
  show_guest(page, plan);
  show_list(page, "Not seen:", plan.unseen);
  if (!plan.unseen.empty())
    page.paragraph("On the host itself, with sudo and outside of containers, most of it can be seen.", 0);
  std::vector<std::string> accepted;
  for (const auto& one : plan.accepted)
    accepted.push_back(one.id + " of " + one.subject + ": " + one.reason + " (" + one.source + ")");
  show_list(page, "Accepted risks:", accepted);
  show_list(page, "Worth knowing:", plan.notes);
  return page.take();
}

std::string render_outcome_text(const PlanOutcome& outcome, const TextStyle& style) {
  TextPage page(style);
  page.painted_line("The plan as a whole " + std::string(outcome_words(outcome.reached)) + ".",
                    outcome.reached == Reached::yes  ? Paint::green
                    : outcome.reached == Reached::no ? Paint::red
                                                     : Paint::yellow);
  for (const auto& step : outcome.steps) {
    page.blank_line();
    page.paragraph(step.id + ": " + std::string(outcome_words(step.reached)) + ". " + step.text, 0, 2);
    for (const auto& seen : step.seen) page.paragraph("- " + seen, 2, 2);
    for (const auto& why : step.why) page.paragraph("Why: " + why, 2, 2);
  }
  show_list(page, "Worth knowing:", outcome.notes);
  return page.take();
}

}  // namespace vfio_doctor
