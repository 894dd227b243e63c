// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"noiommu-mode", "VFIO without an IOMMU", 70, run};

Finding name_not_read(const IommuGroup& group) {
  auto finding = check.finding(Status::unknown, group_subject(group.number),
                               "Whether an IOMMU made this group or VFIO itself, without one, could not be read.");
  finding.evidence = {{"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/name", group.name.why()}};
  finding.effect = Effect::blocked;
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  auto mode = check.finding(Status::pass, host_subject, "VFIO's no-IOMMU mode is off.");
  const auto& enabled = host.vfio.unsafe_noiommu_mode;
  mode.evidence = {{"/sys/module/vfio/parameters/enable_unsafe_noiommu_mode",
                    enabled.has_value() ? (enabled.value() ? "Y" : "N") : enabled.why()}};
  if (enabled.is(true)) {
    mode.status = Status::warn;
    mode.summary = "VFIO's no-IOMMU mode is on: it gives devices to programs without any protection, and not to guests.";
    mode.remedy.push_back({"Switch it off; it cannot be used to assign devices to virtual machines.",
                           {"echo N | sudo tee /sys/module/vfio/parameters/enable_unsafe_noiommu_mode"},
                           {"echo Y | sudo tee /sys/module/vfio/parameters/enable_unsafe_noiommu_mode"},
                           "Programs that use the mode (some DPDK set-ups) stop working."});
  } else if (enabled.is_unreadable()) {
    mode.status = Status::unknown;
    mode.summary = "Whether VFIO's no-IOMMU mode is on could not be read.";
  }
  findings.push_back(mode);
  if (!host.iommu.groups.has_value()) return findings;
  for (const auto& group : host.iommu.groups.value()) {
    if (group.name.is_unreadable() && group.members_doubt.empty()) findings.push_back(name_not_read(group));
    if (!is_noiommu_group(group)) continue;
    auto finding = check.finding(Status::fail, group_subject(group.number),
                                 "This group was made by VFIO itself, without an IOMMU: no guest can use it.");
    finding.evidence = {{"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/name", "vfio-noiommu"}};
    finding.effect = Effect::blocked;
    findings.push_back(finding);
  }
  return findings;
}

}  // namespace

Check noiommu_mode_check() { return check; }

}  // namespace vfio_doctor
