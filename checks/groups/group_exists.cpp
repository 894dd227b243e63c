// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"group-exists", "Membership in an IOMMU group", 10, run};

/// AMD's IOMMU is a PCI function of its own. No remapping unit covers it, and that is as it should be.
bool is_iommu(const PciFunction& function) { return function.class_and_subclass() == 0x0806; }

std::vector<Finding> run(const Host& host) {
  if (dma_remapping(host) != Switch::on) return {};
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    if (function.is_bridge() || is_iommu(function) || function.iommu_group.has_value()) continue;
    const std::string source = function.sysfs_path + "/iommu_group";
    auto finding = check.finding(Status::fail, device_subject(function.address),
                                 "It is in no IOMMU group although the IOMMU is on: no remapping unit covers it, so VFIO "
                                 "cannot take it.");
    finding.effect = Effect::blocked;
    finding.evidence = {{source, function.iommu_group.why()}};
    if (function.iommu_group.is_unreadable()) {
      finding.status = Status::unknown;
      finding.summary = "Which IOMMU group it is in could not be read.";
    }
    findings.push_back(finding);
  }
  if (!findings.empty()) return findings;
  auto finding = check.finding(Status::pass, host_subject, "Every function that could be assigned is in an IOMMU group.");
  finding.evidence = {{"/sys/bus/pci/devices/*/iommu_group", std::to_string(host.all_functions().size()) + " functions"}};
  return {finding};
}

}  // namespace

Check group_exists_check() { return check; }

}  // namespace vfio_doctor
