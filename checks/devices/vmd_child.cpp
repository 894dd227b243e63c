// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vmd-child", "Devices behind Intel VMD", 40, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    // VMD makes a PCI domain of its own below its controller (drivers/pci/controller/vmd.c).
    auto above = function.parent;
    std::optional<PciAddress> controller;
    for (int depth = 0; above && depth < 64 && !controller; ++depth) {
      const auto* bridge = host.find(*above);
      if (above->domain != function.address.domain) controller = above;
      above = bridge ? bridge->parent : std::nullopt;
    }
    if (!controller || function.is_bridge()) continue;
    auto finding = check.finding(Status::fail, device_subject(function.address),
                                 "It sits behind the Intel VMD controller " + named(*controller) +
                                     " and reaches memory through it: it cannot be assigned by itself.");
    finding.effect = Effect::blocked;
    finding.evidence = {{"/sys/bus/pci/devices/" + function.address.text(), function.sysfs_path}};
    finding.remedy = {
        {"Switch VMD off for this slot in the firmware setup, or assign the whole controller: these devices then go with it.",
         {},
         {},
         "With VMD off, a system installed on such a disk may not boot until its initramfs has the "
         "plain driver."}};
    findings.push_back(finding);
  }
  if (findings.empty() && !host.all_functions().empty())
    findings.push_back(check.finding(Status::pass, host_subject, "No device sits behind an Intel VMD controller."));
  return findings;
}

}  // namespace

Check vmd_child_check() { return check; }

}  // namespace vfio_doctor
