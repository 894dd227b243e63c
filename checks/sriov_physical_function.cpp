// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"sriov-physical-function", "Physical functions with virtual functions", "devices", run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (!function.virtual_functions.has_value()) continue;
    any = true;
    if (function.virtual_functions.value() == 0) continue;
    const auto address = function.address.text();
    const auto path = "/sys/bus/pci/devices/" + address + "/sriov_numvfs";
    const auto count = std::to_string(function.virtual_functions.value());
    auto finding = check.finding(Status::fail, address,
                                 "It has " + count + " virtual functions enabled: vfio-pci does not take it while they are "
                                 "there (\"Cannot bind to PF with SR-IOV enabled\"). Assign the virtual functions instead.");
    finding.effect = Effect::blocked;
    finding.evidence = {{path, count}};
    finding.remedy = {{"To assign the whole card, switch its virtual functions off first.",
                       {"echo 0 | sudo tee " + path},
                       {"echo " + count + " | sudo tee " + path},
                       "Guests and containers that use the virtual functions lose them."}};
    findings.push_back(finding);
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject, "No card has virtual functions enabled."));
  return findings;
}

}  // namespace

Check sriov_physical_function_check() { return check; }

}  // namespace vfio_doctor
