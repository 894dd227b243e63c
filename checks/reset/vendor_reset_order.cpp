// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/known_devices.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vendor-reset-order", "vendor-reset and the order of methods", 30, run};

std::vector<Finding> run(const Host& host) {
  if (!host.modules.is_loaded("vendor_reset") || has_rule_since(host, {5, 15}) == KernelRule::no) return {};
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (!is_display(function) || !function.reset_methods.has_value() || !known_device(function, "reset-bug")) continue;
    any = true;
    const auto& methods = *function.reset_methods;
    if (!methods.empty() && methods.front() == "device_specific") continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "vendor-reset is loaded, but this kernel "
                                 "resets the card by " +
                                     (methods.empty() ? std::string("nothing") : methods.front()) + " first.");
    finding.evidence = {{function.sysfs_path + "/reset_method", join(methods, " ")}};
    finding.remedy = {
        remedy_for(function.address, {"Choose its method after each boot.",
                                      {"echo device_specific | sudo tee /sys/bus/pci/devices/{device}/reset_method"},
                                      {"echo default | sudo tee /sys/bus/pci/devices/{device}/reset_method"},
                                      {}})};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "Cards that need vendor-reset are "
                                     "reset by it."));
  return findings;
}

}  // namespace

Check vendor_reset_order_check() { return check; }

}  // namespace vfio_doctor
