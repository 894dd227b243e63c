// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"external-device", "Devices that can be pulled out", 10, run};

std::vector<Finding> run(const Host& host) {
  const auto& domains = host.trust.thunderbolt;
  if (domains.is_absent()) return {};
  if (!domains.has_value())
    return {
        check.not_seen("Whether there are external ports could not be seen.", {"/sys/bus/thunderbolt/devices", domains.why()})};
  std::vector<Finding> findings;
  for (const auto& address : host.trust.removable) {
    const auto* function = host.find(address);
    if (!function || function->is_bridge() || !is_held_by_vfio(*function)) continue;
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "VFIO holds it, and it hangs on an external port: "
                                 "pulled out while a guest has it, it takes the guest down.");
    finding.evidence = {{function->sysfs_path + "/removable", "removable"}};
    finding.remedy = {{"Stop the guest before it is pulled out or the dock loses power.", {}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "VFIO holds no device on an external "
                                     "port."));
  return findings;
}

}  // namespace

Check external_device_check() { return check; }

}  // namespace vfio_doctor
