// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"device-nodes", "Nodes of devices that VFIO holds", 10, run};

bool has(const Observed<std::vector<std::string>>& names, const std::string& name) {
  return names.has_value() && std::ranges::find(*names, name) != names->end();
}

Finding missing(const PciFunction& function, const std::string& node, const std::string& proof) {
  auto finding =
      check.finding(Status::warn, device_subject(function.address),
                    "VFIO holds it, but " + node + " is not there: a program here that wants to open it finds no such file.");
  finding.evidence = {{function.sysfs_path, proof}, {node, "not there"}};
  finding.remedy = {
      {"In a container: hand the node on to it (and /dev/vfio/vfio, for the newer interface /dev/iommu). On the "
       "host itself: the node is made when the driver takes the device; take it anew.",
       {"ls -l /dev/vfio /dev/vfio/devices"},
       {},
       {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  const auto& access = host.access;
  for (const auto& function : host.all_functions()) {
    if (!is_held_by_vfio(function) || !function.iommu_group.has_value()) continue;
    any = true;
    const auto group = std::to_string(*function.iommu_group);
    if (access.vfio_nodes.has_value() && has(access.vfio_nodes, "vfio") && !has(access.vfio_nodes, group) &&
        !has(access.vfio_nodes, "noiommu-" + group))
      findings.push_back(
          missing(function, "/dev/vfio/" + group,
                  "group " + group + ", driver " + (function.driver.has_value() ? *function.driver : "not known")));
    else if (access.vfio_nodes.has_value() && function.vfio_device.has_value() && access.device_nodes.has_value() &&
             !has(access.device_nodes, *function.vfio_device))
      findings.push_back(missing(function, "/dev/vfio/devices/" + *function.vfio_device, "vfio-dev/" + *function.vfio_device));
  }
  if (!any || !findings.empty()) return findings;
  if (!access.vfio_nodes.has_value())
    return {check.not_seen("Which nodes VFIO has could not be seen.", {"/dev/vfio", access.vfio_nodes.why()})};
  auto finding = check.finding(Status::pass, host_subject, "Devices that VFIO holds have their nodes.");
  if (const auto* config = host.kernel.config.get();
      config && config->contains("PCI") && !config->contains("VFIO_DEVICE_CDEV")) {
    finding.summary +=
        " This kernel has nodes of groups alone, none of single devices (/dev/vfio/devices): what asks for iommufd or "
        "for such a node finds none.";
    finding.evidence = {{"kernel configuration", "no VFIO_DEVICE_CDEV"}};
  }
  return {finding};
}

}  // namespace

Check device_nodes_check() { return check; }

}  // namespace vfio_doctor
