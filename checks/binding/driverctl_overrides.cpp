// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/shell_words.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"driverctl-overrides", "Devices that driverctl gives away at each start", 75, run};

bool is_vfio(const std::string& driver) { return driver.starts_with("vfio") || driver.find("-vfio-") != driver.npos; }

Remedy forget(const StartOverride& stored) {
  static const std::string file = "/etc/driverctl.d/pci-{device}";
  return remedy_for(stored.address, {"Take the override out, where the device is not meant for a guest any more.",
                                     {"sudo rm " + file},
                                     {"echo " + shell_quoted(stored.driver) + " | sudo tee " + file},
                                     {}});
}

/// Addresses are given anew when a card is added, moved or taken out: then the file fits another device.
Finding of_nothing(const StartOverride& stored) {
  auto finding = check.finding(Status::warn, host_subject,
                               "driverctl keeps an override for " + stored.address.text() +
                                   ", where no function is: whatever comes to that address after a card is added or moved goes "
                                   "to " +
                                   stored.driver + ".");
  finding.evidence = {{stored.file, stored.driver}};
  finding.remedy = {forget(stored)};
  return finding;
}

Finding of_the_hosts_own(const StartOverride& stored, const PciFunction& function, const std::string& use) {
  auto finding =
      check.finding(Status::warn, device_subject(function.address),
                    "At the next start of the host driverctl gives it to " + stored.driver + ", and it " + use + ".");
  finding.evidence = {{stored.file, stored.driver}, {function.sysfs_path + "/driver", *function.driver}};
  finding.remedy = {forget(stored)};
  return finding;
}

Finding held_by_other(const StartOverride& stored, const PciFunction& function) {
  const auto driver = function.driver.has_value() ? *function.driver : "none";
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "driverctl gives it to " + stored.driver + " at each start of the host, and " +
                                   (driver == "none" ? "no driver" : "the driver " + driver) +
                                   " holds it: it was taken back since, or the service failed.");
  finding.evidence = {{stored.file, stored.driver}, {function.sysfs_path + "/driver", driver}};
  finding.remedy =
      {remedy_for(function.address,
                  {"This tells whether the service failed. Where a guest is to have the device, load the override anew.",
                   {"systemctl status driverctl@pci-{device}.service", "sudo driverctl load-override {device}"},
                   {},
                   "What the host does with it stops."}),
       forget(stored)};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& stored : host.modules.start_overrides) {
    if (!is_vfio(stored.driver)) continue;
    any = true;
    const auto* function = host.find(stored.address);
    if (!function) {
      if (host.functions.has_value()) findings.push_back(of_nothing(stored));
      continue;
    }
    if (function->driver.is_unreadable() || function->driver.is(stored.driver)) continue;
    const auto use = what_host_does_with(host, function->address);
    if (use.empty() || !function->driver.has_value())
      findings.push_back(held_by_other(stored, *function));
    else
      findings.push_back(of_the_hosts_own(stored, *function, use));
  }
  if (any && findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "What driverctl gives to vfio-pci, vfio-pci has."));
  return findings;
}

}  // namespace

Check driverctl_overrides_check() { return check; }

}  // namespace vfio_doctor
