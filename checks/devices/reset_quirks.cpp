// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/known_devices.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"reset-quirks", "Cards that a reset does not bring back", 52, run};

/// A reset made for the card (the module vendor-reset adds it to the kernel's list), or a function's own: the kernel's word stands.
bool has_reset_of_its_own(const PciFunction& function) {
  const auto* methods = function.reset_methods.get();
  return methods && std::ranges::any_of(*methods, [](const std::string& method) {
           return method == "device_specific" || method == "flr" || method == "af_flr";
         });
}

/// The file in which a method is chosen came with Linux 5.15 (Documentation/ABI/testing/sysfs-bus-pci); before that the first one
/// of the kernel's list is taken, and that is the card's own.
Remedy load_vendor_reset(const Host& host, const PciFunction& function) {
  Remedy
      remedy{.text =
                 "The module vendor-reset (not a part of Linux) has a reset for it. It must be loaded before the first guest",
             .commands = {"sudo modprobe vendor-reset"},
             .undo = {},
             .risk = "A reset that fails can hang the host; try it while nothing is lost."};
  if (has_rule_since(host, {5, 15}) == KernelRule::no) {
    remedy.text += "; this kernel then takes its reset by itself.";
    remedy.undo = {"sudo modprobe -r vendor-reset"};
    return remedy;
  }
  const auto file = function.sysfs_path + "/reset_method";
  remedy.text += ", and its reset chosen after each start of the host (kernels before 5.15 take it by themselves).";
  remedy.commands.push_back("echo device_specific | sudo tee " + file);
  remedy.undo = {"echo default | sudo tee " + file};
  return remedy;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    const auto* known = known_device(function, "reset-bug");
    if (!known) continue;
    any = true;
    if (has_reset_of_its_own(function)) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "A card of a kind (" + known->what +
                                     ") that is known not to come back from a reset: it works for one guest, and "
                                     "when that ends or restarts, the card may hang, and the host with it.");
    const auto& methods = function.reset_methods;
    std::string list;
    if (methods.has_value())
      for (const auto& method : *methods) list += (list.empty() ? "" : " ") + method;
    finding.evidence = {{function.sysfs_path, function.name},
                        {function.sysfs_path + "/reset_method", methods.has_value() ? list : methods.why()},
                        {"known devices", known->source}};
    finding.remedy = {load_vendor_reset(host, function)};
    finding.remedy.front().device = finding.subject;
    finding.remedy.front().form = "device_specific";
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(
        check.finding(Status::pass, host_subject, "Every card of a kind that is known to hang has a reset of its own."));
  return findings;
}

}  // namespace

Check reset_quirks_check() { return check; }

}  // namespace vfio_doctor
