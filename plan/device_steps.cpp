// SPDX-License-Identifier: GPL-2.0-or-later
// What is done while the host runs: users end, groups are made free, vfio-pci gets the devices.
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/binding_remedy.hpp"
#include "checks/kernel/group_members.hpp"
#include "plan/aims.hpp"
#include "plan/draft.hpp"

namespace vfio_doctor {
namespace {

/// "device-in-use-0000:01:00.0"; the check's id alone where it speaks of the host.
std::string id_of(const Finding& finding) {
  return finding.id + (finding.subject == host_subject ? "" : "-" + finding.subject);
}

bool is_about_domain(const Finding& finding) { return finding.id.starts_with("domain-"); }

/// A step before the start that lets vfio-pci have it first.
bool has_come_first(const PlanDraft& draft, const PciFunction& function) {
  const auto when = binding_of(draft, function);
  return when == BindWhen::start && std::ranges::any_of(draft.plan.steps, [](const PlanStep& step) {
           return step.id == "bind-at-start" || step.id == "kernel-arguments";
         });
}

/// Findings that a person acts on before anything is taken away from the host. Who uses a device now does so no more after a start
/// that gives it to vfio-pci: then it is only told.
void add_hand_steps(PlanDraft& draft) {
  for (const auto* finding : draft.problems(Treatment::hand)) {
    if (is_about_domain(*finding) || finding->remedy.empty() || finding->effect == Effect::protects) continue;
    const auto address = PciAddress::parse(finding->subject);
    const auto* function = address ? draft.host.find(*address) : nullptr;
    const bool is_of_now = finding->id == "device-in-use" || finding->id == "host-console";
    if (is_of_now && function && has_come_first(draft, *function)) {
      draft.plan.notes.push_back(finding->subject + ": " + finding->summary);
      continue;
    }
    auto step = step_of(draft, id_of(*finding), finding->remedy.front(), finding->summary, {});
    step.by_hand = true;
    add_step(draft, std::move(step));
  }
}

void add_remedy_steps(PlanDraft& draft) {
  for (const auto* finding : draft.problems(Treatment::step)) {
    const auto remedy = std::ranges::find_if(finding->remedy, [](const Remedy& one) { return !one.commands.empty(); });
    if (remedy == finding->remedy.end()) continue;
    std::vector<Aim> aims;
    const auto address = PciAddress::parse(finding->subject);
    if (finding->id == "sriov-physical-function" && address) aims = {{AimKind::virtual_functions, *address, "0"}};
    add_step(draft, step_of(draft, id_of(*finding), *remedy, finding->summary, std::move(aims)));
  }
}

void free_companions(PlanDraft& draft) {
  for (const auto& device : draft.plan.devices) {
    if (device.role != DeviceRole::idle) continue;
    if (draft.request.domain && draft.request.domain->only_frees(device.address)) {
      draft.plan.notes.push_back(device.address.text() +
                                 ": libvirt takes it from the host while the guest runs, and gives it to nobody "
                                 "(<address type='unassigned'/>).");
      continue;
    }
    std::string why =
        "It shares its IOMMU group with a device that goes to the guest: no host driver may hold it while the "
        "guest runs.";
    add_step(draft, step_of(draft, "free-" + device.address.text(), take_driver_away(device.address), std::move(why),
                            {{AimKind::no_host_driver, device.address, {}}}));
  }
}

void set_pages_aside(PlanDraft& draft) {
  const auto need = huge_pages_needed(draft);
  if (!need || need->page_kib >= early_page_kib) return;  // those are of the start
  const auto file = "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(need->page_kib) + "kB/nr_hugepages";
  Remedy remedy;
  remedy.text = "Set huge pages aside for the guest's memory.";
  remedy.commands = {"echo " + std::to_string(need->wanted) + " | sudo tee " + file};
  remedy.undo = {"echo " + std::to_string(need->now) + " | sudo tee " + file};
  remedy.risk =
      "The host has that memory no more, and the number is forgotten when it starts anew. On a host that ran for "
      "long there may not be so many: then the guest does not start.";
  add_step(draft, step_of(draft, "huge-pages", std::move(remedy), "The guest's definition asks for them, and too few are free.",
                          {{AimKind::huge_pages, {}, std::to_string(need->page_kib) + ":" + std::to_string(need->wanted)}}));
}

void load_vfio(PlanDraft& draft) {
  PlanStep step;
  step.id = "load-vfio-pci";
  step.text = "Load the driver that hands devices to guests.";
  step.why = "It is not loaded, so nothing can be bound to it.";
  step.commands = {"sudo modprobe vfio-pci"};
  step.risk = "None. It may stay loaded.";
  step.aims = {{AimKind::module_loaded, {}, "vfio_pci"}};
  step.verify = {verify_command(step.aims.front())};
  add_step(draft, std::move(step));
}

void bind_devices(PlanDraft& draft) {
  bool any = false;
  for (const auto& device : draft.plan.devices) {
    const auto* function = device.goes() ? draft.host.find(device.address) : nullptr;
    if (!function || is_held_by_vfio(*function)) continue;
    const auto when = binding_of(draft, *function);
    if (when == BindWhen::guest) {
      draft.plan.notes.push_back(device.address.text() +
                                 (draft.plan.guest_form == Plan::GuestForm::proxmox
                                      ? ": Proxmox VE binds it to vfio-pci when the guest starts, where it "
                                        "stays."
                                      : ": libvirt takes it from the host when the guest starts "
                                        "(managed='yes'), and gives it back."));
      continue;
    }
    if (has_come_first(draft, *function)) continue;
    if (!any) load_vfio(draft);
    any = true;
    const std::string why = device.driver ? "The host's driver " + *device.driver + " holds it."
                                          : "No driver holds it, and a guest gets it from vfio-pci alone.";
    add_step(draft, step_of(draft, "bind-" + device.address.text(), give_to_vfio(*function), why,
                            {{AimKind::driver, device.address, "vfio-pci"}}));
  }
}

void switch_functions_on(PlanDraft& draft, unsigned wanted) {
  const auto& card = draft.plan.devices.front();
  const auto now = draft.host.find(card.address)->virtual_functions.value();
  add_step(draft, step_of(draft, "virtual-functions", set_virtual_functions(card.address, now, wanted),
                          "It has " + std::to_string(now) +
                              " virtual functions now. The number is forgotten when the host "
                              "starts anew.",
                          {{AimKind::virtual_functions, card.address, std::to_string(wanted)}}));
  PlanStep step;
  step.id = "plan-again";
  step.text = "Then plan for one of the virtual functions. The first command lists them.";
  step.why = "Their addresses and groups are known only once they are there.";
  step.commands = {"ls -l /sys/bus/pci/devices/" + card.address.text() + " | grep virtfn", "sudo vfio-doctor plan ADDRESS"};
  step.by_hand = true;
  draft.plan.continues = true;
  draft.plan.steps.push_back(std::move(step));
}

PlanStep step_in_definition(PlanDraft& draft, const Finding& finding) {
  Remedy remedy = finding.remedy.empty() ? Remedy() : finding.remedy.front();
  auto step = step_of(draft, finding.id, std::move(remedy), finding.summary, {});
  if (step.text.empty()) step.text = "Mend the guest's definition.";
  step.by_hand = true;
  return step;
}

}  // namespace

void add_device_steps(PlanDraft& draft) {
  if (draft.request.virtual_functions) return switch_functions_on(draft, *draft.request.virtual_functions);
  add_hand_steps(draft);
  add_remedy_steps(draft);
  free_companions(draft);
  set_pages_aside(draft);
  bind_devices(draft);
}

void add_intent_step(PlanDraft& draft) {
  for (const auto* finding : draft.problems(Treatment::hand))
    if (finding->id == "domain-intent") add_step(draft, step_in_definition(draft, *finding));
}

void add_guest_steps(PlanDraft& draft) {
  if (!draft.request.domain) return;
  for (const auto* finding :
       draft.problems(Treatment::hand))  // what was meant is asked before all else, and stands there already
    if (is_about_domain(*finding)) add_step(draft, step_in_definition(draft, *finding));
  std::vector<std::string> missing;
  for (const auto& device : draft.plan.devices) {
    const auto is_it = [&device](const DomainHostdev& hostdev) { return hostdev.source == device.address; };
    if (device.goes() && std::ranges::none_of(draft.request.domain->hostdevs, is_it)) missing.push_back(device.address.text());
  }
  if (missing.empty()) return;
  PlanStep step;
  step.id = "guest-definition";
  step.text = "Write " + join(missing, " and ") + " into the definition of " + draft.request.domain->name +
              " too: --format xml writes the elements for the whole set.";
  step.why = "What shares a group goes to one guest together.";
  step.risk = "None for the host.";
  step.by_hand = true;
  draft.plan.steps.push_back(std::move(step));
}

}  // namespace vfio_doctor
