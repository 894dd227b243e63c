// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"power-state", "Power of devices", 40, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    const auto &state = function.power_state, &management = function.runtime_status;
    any |= state.has_value() || management.has_value();
    // "unknown" is what a function without a driver has (pci_device_remove() in drivers/pci/pci-driver.c); D3cold is sleep.
    if (!state.is("error") && !management.is("error")) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "The kernel could not change its power "
                                 "state: it may not wake for a guest.");
    if (state.has_value()) finding.evidence.push_back({function.sysfs_path + "/power_state", *state});
    if (management.has_value()) finding.evidence.push_back({function.sysfs_path + "/power/runtime_status", *management});
    finding.remedy = {
        remedy_for(function.address,
                   {"Switch the host off, wait ten seconds, and keep the device awake from then on: a line \"options "
                    "vfio-pci disable_idle_d3=1\" in a file of "
                    "/etc/modprobe.d, or this.",
                    {"echo 0 | sudo tee /sys/bus/pci/devices/{device}/d3cold_allowed"},
                    {"echo 1 | sudo tee /sys/bus/pci/devices/{device}/d3cold_allowed"},
                    "It uses more power while nobody uses it."})};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(
        check.finding(Status::pass, host_subject, "No device is known to have failed to change its power state."));
  return findings;
}

}  // namespace

Check power_state_check() { return check; }

}  // namespace vfio_doctor
