// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"built-in-driver", "Drivers that are always first", 30, run};

std::vector<Finding> run(const Host& host) {
  const auto list = given_parameter(host, "vfio_pci", "ids");
  if (!list || !list->value) return {};
  const auto ids = to_lower(*list->value);
  std::vector<Finding> findings;
  bool any = false, any_unknown = false;
  for (const auto& function : host.all_functions()) {
    if (!function.driver.has_value() || !function.id.vendor.has_value() || !function.id.device.has_value()) continue;
    const auto id = hex_text(*function.id.vendor, 4) + ":" + hex_text(*function.id.device, 4);
    if (ids.find(id) == std::string::npos) continue;
    any = true;
    const auto driver = host.modules.drivers.find(*function.driver);
    if (driver == host.modules.drivers.end() || !driver->second.built_in.has_value()) any_unknown = true;
    if (driver == host.modules.drivers.end() || !driver->second.built_in.is(true) || driver->second.module.starts_with("vfio"))
      continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "vfio-pci is told to take it by its ids, "
                                 "but " +
                                     *function.driver +
                                     " is built into this kernel and always "
                                     "comes first.");
    finding.evidence = {list->evidence, {"/sys/module/" + driver->second.module, "no initstate: built in"}};
    finding.remedy = {
        remedy_for(function.address,
                   {"Take it by its address after the host has started, or let libvirt do that when the guest starts "
                    "(managed='yes').",
                    {"sudo driverctl set-override {device} vfio-pci"},
                    {"sudo driverctl unset-override {device}"},
                    "What the host does with it stops."})};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any && !any_unknown)
    findings.push_back(
        check.finding(Status::pass, host_subject, "No driver that is built in holds a device that vfio-pci is told to take."));
  if (findings.empty() && any)
    findings.push_back(
        check.not_seen("Whether the drivers of devices that vfio-pci is told to "
                       "take are built in could not be seen.",
                       {"/sys/module", "not told"}));
  return findings;
}

}  // namespace

Check built_in_driver_check() { return check; }

}  // namespace vfio_doctor
