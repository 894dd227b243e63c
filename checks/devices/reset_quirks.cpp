// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
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
    finding.remedy = {
        {"The module vendor-reset (not a part of Linux) has a reset for it. It must be loaded before the first guest; from "
         "Linux "
         "5.15 on it also has to be chosen.",
         {"sudo modprobe vendor-reset", "echo device_specific | sudo tee " + function.sysfs_path + "/reset_method"},
         {"echo default | sudo tee " + function.sysfs_path + "/reset_method"},
         "A reset that fails can hang the host; try it while nothing is lost."}};
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
