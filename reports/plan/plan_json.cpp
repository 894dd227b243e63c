// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/json_writer.hpp"
#include "base/version.hpp"
#include "reports/json_objects.hpp"
#include "reports/plan/plan_report.hpp"

namespace vfio_doctor {
namespace {

void write_planned_device(JsonWriter& json, const PlannedDevice& device) {
  std::vector<std::string> members;
  for (const auto& member : device.members) members.push_back(member.text());
  json.open_object();
  json.member("address", device.address.text());
  json.member("name", device.name);
  json.member("ids", device.ids);
  json.member("iommu_group", device.group);
  json.member("members", members);
  json.member("driver", device.driver);
  json.member("role", to_text(device.role));
  json.close_object();
}

void write_aim(JsonWriter& json, const Aim& aim) {
  json.open_object();
  json.member("kind", to_text(aim.kind));
  json.member("device", aim.device ? std::optional(aim.device->text()) : std::nullopt);
  json.member("value", text_or_nothing(aim.value));
  json.close_object();
}

void write_step(JsonWriter& json, const PlanStep& step) {
  json.open_object();
  json.member("id", step.id);
  json.member("text", step.text);
  json.member("why", step.why);
  json.member("commands", step.commands);
  json.member("undo", step.undo);
  json.member("verify", step.verify);
  json.member("risk", step.risk);
  json.member("reboot", step.reboot);
  json.member("by_hand", step.by_hand);
  json.member("files", step.files);
  write_list(json, "expects", step.aims, write_aim);
  json.close_object();
}

void write_refusal(JsonWriter& json, const Refusal& refusal) {
  json.open_object();
  json.member("subject", refusal.subject);
  json.member("check", text_or_nothing(refusal.id));
  json.member("reason", refusal.reason);
  json.member("accept", refusal.accept);
  json.close_object();
}

void write_host(JsonWriter& json, const Plan::HostSummary& host) {
  json.name("host");
  json.open_object();
  json.member("kernel", host.kernel);
  json.member("distribution", host.distribution);
  json.member("boot_loader", host.boot_loader);
  json.member("iommu", host.iommu);
  json.member("machine", host.machine);
  json.close_object();
}

void write_refused(JsonWriter& json, const std::vector<Refusal>& refused) {
  json.name("refused");
  if (refused.empty()) return json.null();
  json.open_object();
  json.member("reason", refused.front().subject + ": " + refused.front().reason);
  write_list(json, "reasons", refused, write_refusal);
  json.close_object();
}

std::string_view to_text(Reached reached) {
  return reached == Reached::yes ? "took-effect" : reached == Reached::no ? "did-not" : "unknown";
}

void write_outcome(JsonWriter& json, const StepOutcome& step) {
  json.open_object();
  json.member("id", step.id);
  json.member("text", step.text);
  json.member("outcome", to_text(step.reached));
  json.member("seen", step.seen);
  json.member("why", step.why);
  json.close_object();
}

}  // namespace

std::string render_plan_json(const Plan& plan, const TextStyle&) {
  JsonWriter json;
  json.open_object();
  json.member("schema", "vfio-doctor/plan/1");
  write_tool(json, "vfio-doctor", program_version);
  json.member("state", to_text(plan.state));
  write_host(json, plan.host);
  json.member("domain", text_or_nothing(plan.domain));
  write_list(json, "devices", plan.devices, write_planned_device);
  write_list(json, "steps", plan.steps, write_step);
  write_refused(json, plan.refused);
  json.member("unseen", plan.unseen);
  json.member("notes", plan.notes);
  write_list(json, "accepted", plan.accepted, write_acceptance);
  json.member("continues", plan.continues);
  json.close_object();
  return json.take();
}

std::string render_outcome_json(const PlanOutcome& outcome) {
  JsonWriter json;
  json.open_object();
  json.member("schema", "vfio-doctor/plan-outcome/1");
  json.member("outcome", to_text(outcome.reached));
  write_list(json, "steps", outcome.steps, write_outcome);
  json.member("notes", outcome.notes);
  json.close_object();
  return json.take();
}

}  // namespace vfio_doctor
