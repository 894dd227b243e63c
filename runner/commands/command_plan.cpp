// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "base/input_error.hpp"
#include "base/input_file.hpp"
#include "facts/platform/machine_identity.hpp"
#include "plan/after.hpp"
#include "plan/make_plan.hpp"
#include "reports/plan/plan_report.hpp"
#include "runner/commands/commands.hpp"
#include "runner/commands/examine.hpp"
#include "runner/commands/output.hpp"
#include "runner/commands/root_commands.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t largest_plan = 16 << 20;

PlanRequest request_of(const PlanOptions& options, const Examined& examined) {
  PlanRequest request;
  request.wanted = examined.selection;
  request.domain = examined.domain;
  request.bind = options.bind;
  request.companions = options.companions;
  request.virtual_functions = options.virtual_functions;
  return request;
}

Plan plan_of(const PlanOptions& options, const Examined& examined) {
  auto plan = make_plan(examined.host, examined.findings, examined.accepted, request_of(options, examined));
  const auto name = gather_host_name(*examined.source.root);
  if (name.id.has_value()) plan.host.machine = *name.id;
  plan.host.machine_known = !name.id.is_unreadable();
  plan.notes.insert(plan.notes.end(), examined.notes.begin(), examined.notes.end());
  mask_secrets(plan);
  return plan;
}

/// What a person types keeps its sudo, except where root reads it; what a program runs as root has none.
std::string render(const PlanFormat& format, Plan plan, bool by_root, const TextStyle& style) {
  if (by_root || format.runs) leave_out_sudo(plan);
  return format.render(plan, style);
}

void write_plan(const PlanOptions& options, const Plan& plan, bool by_root) {
  write_outputs(options.output, "text", [&](const std::string& name, const std::string& file) {
    const auto format = std::ranges::find(plan_formats(), name, &PlanFormat::name);
    return render(*format, plan, by_root, text_style_for(options.output, file));
  });
}

void write_outcome(const PlanOptions& options, const PlanOutcome& outcome) {
  for (const auto& format : options.output.formats)
    if (format != "text" && format != "json") throw InputError("plan --after is written as text or json, not as " + format);
  write_outputs(options.output, "text", [&](const std::string& format, const std::string& file) {
    return format == "json" ? render_outcome_json(outcome) : render_outcome_text(outcome, text_style_for(options.output, file));
  });
}

/// The devices of the plan that was carried out are those to look at now. One that is gone is an answer, and no wrong name.
std::vector<PciAddress> devices_of(const Plan& before, const std::string& name) {
  std::vector<PciAddress> devices;
  for (const auto& device : before.devices)
    if (device.role == DeviceRole::guest || device.role == DeviceRole::physical) devices.push_back(device.address);
  if (devices.empty()) throw InputError(name + ": the plan names no device");
  return devices;
}

int run_after(const PlanOptions& options) {
  const auto before = read_plan(read_input_file(options.after, largest_plan), options.after);
  if (!options.examine.selection.selectors.empty() || !options.examine.selection.domain.empty())
    throw InputError("plan --after takes its devices from the plan; name none besides");
  const auto devices = devices_of(before, options.after);
  int code = 3;
  examine(options.examine, options.output, [&](const Examined& examined) {
    auto request = request_of(options, examined);
    request.wanted = devices;
    auto now = make_plan(examined.host, examined.findings, examined.accepted, request);
    if (const auto name = gather_host_name(*examined.source.root); name.id.has_value()) now.host.machine = *name.id;
    if (before.host.machine && now.host.machine && *before.host.machine != *now.host.machine)
      throw InputError(options.after + ": the plan was made for another machine");
    auto outcome = compare_with_plan(examined.host, examined.findings, before, now);
    mask_secrets(outcome);
    write_outcome(options, outcome);
    code = exit_code(outcome.reached);
  });
  return code;
}

}  // namespace

int run_plan_command(const PlanOptions& options) {
  if (!options.after.empty()) return run_after(options);
  const auto& selection = options.examine.selection;
  if (selection.selectors.empty() && selection.domain.empty())
    throw InputError("plan: which devices? Name some, or a guest with --domain");
  if (!selection.selectors.empty() && !selection.domain.empty()) throw InputError("name either --domain or devices, not both");
  int code = 3;
  examine(options.examine, options.output, [&](const Examined& examined) {
    const auto plan = plan_of(options, examined);
    write_plan(options, plan, examined.source.root->is_live() && ::geteuid() == 0);
    code = exit_code(plan.state);
  });
  return code;
}

}  // namespace vfio_doctor
