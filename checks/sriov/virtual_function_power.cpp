// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"virtual-function-power", "Virtual functions that the kernel cannot wake", 20, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, room] : host.room.functions) {
    const auto* function = host.find(address);
    if (!function || !function->physical_function.has_value() || !room.runtime_enabled.has_value()) continue;
    any = true;
    if (!room.runtime_enabled.is("disabled") || !is_held_by_vfio(*function)) continue;
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "vfio-pci holds this virtual function, and its "
                                 "runtime power management is switched off: with some kernels opening it fails (\"error "
                                 "getting device from group: "
                                 "Permission denied\").");
    finding.evidence = {{function->sysfs_path + "/power/runtime_enabled", "disabled"},
                        {"Linux 4d4c10f763d7, mended by "
                         "907a7a2e5bf4",
                         "6.8.12-12-pve, 6.14.6 to 6.14.8-pve, 6.16-rc1"}};
    finding.remedy = {
        {"If opening fails so, use a kernel without that defect: 6.8.12-11-pve, or 6.16 and later.", {"uname -r"}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "Runtime power management of "
                                     "virtual functions is as it should be."));
  return findings;
}

}  // namespace

Check virtual_function_power_check() { return check; }

}  // namespace vfio_doctor
