// SPDX-License-Identifier: GPL-2.0-or-later
// What takes effect when the host starts anew: one edit of the kernel's command line, drivers that come first, one start.
#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.hpp"
#include "checks/advice/binding_remedy.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "plan/aims.hpp"
#include "plan/draft.hpp"

namespace vfio_doctor {
namespace {

void add_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const auto& one : more)
    if (std::ranges::find(list, one) == list.end()) list.push_back(one);
}

/// Drivers of graphics that hang or bring the desktop down when their card is taken away (checks/binding/unbind_risk.md).
bool keeps_its_card(const PciFunction& function) {
  static constexpr auto drivers = std::to_array<std::string_view>({"nvidia", "nouveau", "amdgpu", "radeon", "i915", "xe"});
  return function.driver.has_value() && std::ranges::find(drivers, *function.driver) != drivers.end();
}

bool is_managed(const PlanDraft& draft, const PciAddress& address) {
  return draft.request.domain && std::ranges::any_of(draft.request.domain->hostdevs, [&](const DomainHostdev& hostdev) {
           return hostdev.source == address && hostdev.managed;
         });
}

/// What the plan changes of the kernel's command line, and for which reasons.
struct ArgumentChange {
  std::vector<std::string> added, removed;
  std::string why;
  std::vector<Aim> aims;

  bool is_empty() const { return added.empty() && removed.empty(); }
  void add_reason(const std::string& reason) { why += (why.empty() ? "" : " ") + reason; }
};

/// What the finding is about, once it is mended.
std::vector<Aim> aims_of(const Finding& finding) {
  if (finding.id == "iommu-active") return {{AimKind::iommu, {}, {}}};
  if (finding.id == "interrupt-remapping") return {{AimKind::interrupt_remapping, {}, {}}};
  return {};
}

/// The first remedy that changes the command line joins the edit; without one, a person does what the first one says.
void take_arguments(PlanDraft& draft, ArgumentChange& change, std::vector<PlanStep>& by_hand) {
  for (const auto* finding : draft.problems(Treatment::arguments)) {
    const auto remedy = std::ranges::find_if(finding->remedy, [](const Remedy& one) {
      return !one.adds_arguments.empty() || !one.removes_arguments.empty();
    });
    if (remedy != finding->remedy.end()) {
      add_once(change.added, remedy->adds_arguments);
      add_once(change.removed, remedy->removes_arguments);
      change.add_reason(finding->summary);
      for (auto& aim : aims_of(*finding)) change.aims.push_back(aim);
    } else if (!finding->remedy.empty() && finding->effect == Effect::blocked) {
      by_hand.push_back(step_of(draft, finding->id, finding->remedy.front(), finding->summary, aims_of(*finding)));
      by_hand.back().by_hand = true;
      draft.reboots = true;
    }
  }
}

/// Settings that wait for somebody to carry them to the boot entries, or a menu that hides the one that would be changed.
void add_settings(PlanDraft& draft) {
  for (const auto* finding : draft.problems(Treatment::settings)) {
    if (finding->remedy.empty()) continue;
    auto step = step_of(draft, finding->id, finding->remedy.front(), finding->summary, {});
    const bool only_starts = step.commands.empty() && !finding->remedy.front().commands.empty();
    step.by_hand |= finding->id == "grub-stub";  // dnf asks questions
    if (!only_starts) add_step(draft, std::move(step));
  }
}

void add_argument_step(PlanDraft& draft, ArgumentChange change) {
  for (const auto& argument : change.added) change.aims.push_back({AimKind::kernel_argument, {}, argument});
  for (const auto& argument : change.removed) change.aims.push_back({AimKind::no_kernel_argument, {}, argument});
  auto step = step_of(draft, "kernel-arguments", change_kernel_arguments(draft.host, change.added, change.removed), change.why,
                      change.aims);
  add_step(draft, std::move(step));
}

/// A setting that says already what the kernel lacks waits for its way to the boot entries: then that is the step.
bool waits_in_settings(const PlanDraft& draft) {
  return std::ranges::any_of(draft.problems(Treatment::settings), [](const Finding* finding) {
    return finding->id == "command-line-drift" && finding->status == Status::fail && !finding->remedy.empty();
  });
}

std::vector<const PciFunction*> bound_at_start(const PlanDraft& draft) {
  std::vector<const PciFunction*> functions;
  for (const auto& device : draft.plan.devices)
    if (const auto* function = device.goes() ? draft.host.find(device.address) : nullptr)
      if (binding_of(draft, *function) == BindWhen::start) functions.push_back(function);
  return functions;
}

/// Another function of the same ids, which must stay on the host. One whose ids were not read may be one.
const PciFunction* twin_of(const PlanDraft& draft, const std::vector<const PciFunction*>& chosen) {
  for (const auto& other : draft.host.all_functions()) {
    if (other.is_bridge() || std::ranges::find(chosen, &other) != chosen.end()) continue;
    const auto same = [&other](const PciFunction* one) {
      return !other.id.has_ids() || (other.id.vendor.is(*one->id.vendor) && other.id.device.is(*one->id.device));
    };
    if (std::ranges::any_of(chosen, [](const PciFunction* one) { return !one->id.has_ids(); })) return &other;
    if (std::ranges::any_of(chosen, same)) return &other;
  }
  return nullptr;
}

std::string why_at_start(const std::vector<const PciFunction*>& functions, const PciFunction* twin) {
  std::string why;
  for (const auto* function : functions) {
    if (!function->driver.has_value() || is_held_by_vfio(*function)) continue;
    why += (why.empty() ? "" : " ") + function->address.text() + " is " + *function->driver + "'s as soon as that is loaded" +
           (keeps_its_card(*function) ? ", which does not let go of a card without harm." : ".");
  }
  if (twin)
    why +=
        (why.empty() ? "" : " ") + std::string("By the address and not by ids: ") + twin->address.text() +
        (twin->id.has_ids() ? " has the same ids and stays with the host." : " may have the same ids and stays with the host.");
  return why;
}

/// A vfio-pci that is built in takes ids from the command line, and nothing else.
bool takes_ids_from_command_line(const PlanDraft& draft, const std::vector<const PciFunction*>& functions,
                                 const PciFunction* twin, ArgumentChange& change) {
  if (!draft.host.vfio.pci_driver_built_in || twin) return false;
  std::vector<std::string> ids;
  for (const auto* function : functions) add_once(ids, {ids_text(function->id)});
  const auto* arguments = draft.host.kernel.arguments.get();
  if (!arguments || arguments->last("vfio-pci.ids")) return false;
  change.added.push_back("vfio-pci.ids=" + join(ids, ","));
  change.add_reason(why_at_start(functions, nullptr));
  return true;
}

/// The step that lets vfio-pci come first; empty where nothing is to be bound so, or files cannot bring it about.
std::optional<PlanStep> start_binding(PlanDraft& draft, ArgumentChange& change) {
  const auto functions = bound_at_start(draft);
  if (functions.empty()) return std::nullopt;
  const auto* twin = twin_of(draft, functions);
  if (takes_ids_from_command_line(draft, functions, twin, change)) return std::nullopt;
  auto binding = give_to_vfio_at_start(draft.host, functions, twin ? KnownBy::address : KnownBy::ids);
  if (!binding.impossible.empty() && !twin) binding = give_to_vfio_at_start(draft.host, functions, KnownBy::address);
  if (!binding.impossible.empty()) {
    draft.plan.notes.push_back("vfio-pci cannot be made to come first: " + binding.impossible +
                               ". The plan binds while the host runs instead, and that has to be done after each start.");
    return std::nullopt;
  }
  std::vector<Aim> aims;
  for (const auto& line : binding.lines) aims.push_back({AimKind::modprobe_line, {}, line});
  for (const auto* function : functions) aims.push_back({AimKind::driver, function->address, "vfio-pci"});
  return step_of(draft, "bind-at-start", std::move(binding.remedy), why_at_start(functions, twin), std::move(aims));
}

/// Pages of 1 GiB: on the command line or not at all (mm/hugetlb.c). Words that are there already are not touched.
void ask_for_large_pages(PlanDraft& draft, ArgumentChange& change) {
  const auto need = huge_pages_needed(draft);
  if (!need || need->page_kib != early_page_kib) return;
  const auto* arguments = draft.host.kernel.arguments.get();
  if (!arguments || arguments->last("hugepagesz") || arguments->last("hugepages")) {
    draft.plan.notes.push_back("The command line speaks of huge pages already: the guest needs " +
                               std::to_string(need->wanted) + " of 1 GiB.");
    return;
  }
  add_once(change.added, {"hugepagesz=1G", "hugepages=" + std::to_string(need->wanted)});
  change.add_reason("The guest's definition asks for huge pages of 1 GiB, and too few are free.");
}

std::string this_plan(const PlanDraft& draft) {
  std::string command = "sudo vfio-doctor plan";
  for (const auto& address : draft.request.wanted) command += " " + address.text();
  if (draft.request.virtual_functions) command += " --virtual-functions " + std::to_string(*draft.request.virtual_functions);
  return command;
}

void add_next_plan(PlanDraft& draft, bool reboots) {
  PlanStep step;
  step.id = "plan-again";
  step.text = std::string(reboots ? "After the start" : "Then") +
              " make the plan anew: it goes on with what shares an IOMMU group, with binding and the guest.";
  step.why = "Which devices share a group is known only once the IOMMU is on.";
  step.commands = {this_plan(draft)};
  step.by_hand = true;
  draft.plan.continues = true;
  draft.plan.steps.push_back(std::move(step));
}

/// The host stands on it, whoever accepted that: taken at the start, the host would not start any more.
bool carries_host(const PlanDraft& draft, const PciFunction& function) {
  return std::ranges::any_of(draft.findings, [&function](const Finding& finding) {
    return (finding.id == "host-storage" || finding.id == "host-memory") && finding.effect == Effect::protects &&
           is_problem(finding) && finding.subject == device_subject(function.address);
  });
}

/// A virtual function is not there yet when the host starts.
bool never_at_start(const PlanDraft& draft, const PciFunction& function) {
  return function.physical_function.has_value() || carries_host(draft, function);
}

/// Its driver is known not to let go of it.
bool is_kept(const PlanDraft& draft, const PciFunction& function) {
  const auto risky = draft.problems(Treatment::bind);
  const bool is_risky = std::ranges::any_of(risky, [&function](const Finding* finding) {
    return finding->id == "unbind-risk" && finding->subject == device_subject(function.address);
  });
  return is_risky || (is_display(function) && keeps_its_card(function) && !never_at_start(draft, function));
}

bool same_slot(const PciAddress& one, const PciAddress& other) {
  return one.domain == other.domain && one.bus == other.bus && one.device == other.device;
}

/// A function of the same card that goes as well is kept: one card is bound in one way, so that after the next start nothing
/// of it is the host's again.
bool is_of_a_kept_card(const PlanDraft& draft, const PciFunction& function) {
  return std::ranges::any_of(draft.plan.devices, [&](const PlannedDevice& device) {
    const auto* other =
        device.goes() && same_slot(device.address, function.address) ? draft.host.find(device.address) : nullptr;
    return other && !is_held_by_vfio(*other) && is_kept(draft, *other);
  });
}

}  // namespace

BindWhen binding_of(const PlanDraft& draft, const PciFunction& function) {
  const bool never = never_at_start(draft, function);
  if (draft.request.bind != BindWhen::automatic)
    return draft.request.bind == BindWhen::start && never ? BindWhen::now : draft.request.bind;
  if (is_held_by_vfio(function)) return BindWhen::now;
  if (is_kept(draft, function) || (!never && is_of_a_kept_card(draft, function))) return BindWhen::start;
  return is_managed(draft, function.address) ? BindWhen::guest : BindWhen::now;
}

void add_start_steps(PlanDraft& draft) {
  ArgumentChange change;
  std::vector<PlanStep> by_hand;
  take_arguments(draft, change, by_hand);
  ask_for_large_pages(draft, change);
  auto binding = start_binding(draft, change);
  if (binding &&
      std::ranges::all_of(binding->aims, [&](const Aim& aim) { return is_reached(draft.host, aim) == Reached::yes; }))
    binding.reset();
  draft.reboots = !by_hand.empty() || !change.is_empty() || binding;
  if (waits_in_settings(draft)) std::erase_if(by_hand, [](const PlanStep& step) { return step.id == "iommu-active"; });
  for (auto& step : by_hand) add_step(draft, std::move(step));
  if (draft.reboots && (!change.is_empty() || dma_remapping(draft.host) == Switch::off)) add_settings(draft);
  if (!change.is_empty()) add_argument_step(draft, std::move(change));
  if (binding) add_step(draft, std::move(*binding));
  if (draft.reboots) {
    PlanStep step;
    step.id = "reboot";
    step.text = "Start the host anew, once for all of the above.";
    step.why = "The kernel reads its command line, and drivers are chosen, at the start.";
    step.commands = {reboot_command};
    step.risk = "Running work and guests stop.";
    step.reboot = true;
    draft.plan.steps.push_back(std::move(step));
  }
  if (dma_remapping(draft.host) == Switch::off) add_next_plan(draft, draft.reboots);
}

}  // namespace vfio_doctor
