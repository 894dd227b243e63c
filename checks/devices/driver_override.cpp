// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/advice/shell_words.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"driver-override", "Driver overrides left behind", 70, run};

/// What driverctl keeps comes back at the next start, whoever clears it meanwhile.
Remedy give_back(const Host& host, const PciFunction& function, const std::string& wanted) {
  static const std::string file = "/sys/bus/pci/devices/{device}/driver_override";
  const auto& stored = host.modules.start_overrides;
  if (std::ranges::find(stored, function.address, &StartOverride::address) != stored.end())
    return remedy_for(function.address, {"If no guest is to have the device, take it out of driverctl's hands.",
                                         {"sudo driverctl unset-override {device}"},
                                         {"sudo driverctl set-override {device} " + shell_quoted(wanted)},
                                         {}});
  return remedy_for(function.address, {"If no guest is about to use the device, give it back to the host.",
                                       {"echo | sudo tee " + file, "echo {device} | sudo tee /sys/bus/pci/drivers_probe"},
                                       {"echo " + shell_quoted(wanted) + " | sudo tee " + file},
                                       {}});
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any_read = false;
  for (const auto& function : host.all_functions()) {
    any_read |= !function.driver_override.is_unreadable();
    const auto* wanted = function.driver_override.get();
    if (!wanted || function.driver.is(*wanted)) continue;
    const auto address = function.address.text();
    const auto path = "/sys/bus/pci/devices/" + address + "/driver_override";
    auto finding = check.finding(Status::warn, address,
                                 "It is reserved for the driver " + *wanted +
                                     ", which does not hold it: the host's own driver "
                                     "will not come back by itself.");
    finding.evidence = {{path, *wanted},
                        {function.sysfs_path + "/driver", function.driver.has_value() ? *function.driver : "none"}};
    finding.remedy = {give_back(host, function, *wanted)};
    findings.push_back(finding);
  }
  if (findings.empty() && any_read)
    findings.push_back(check.finding(Status::pass, host_subject, "No device waits for a driver that does not hold it."));
  return findings;
}

}  // namespace

Check driver_override_check() { return check; }

}  // namespace vfio_doctor
