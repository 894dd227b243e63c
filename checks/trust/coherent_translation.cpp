// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"coherent-translation", "Coherent memory on Arm", 50, run};

/// Since Linux 5.19 vfio refuses a device behind an IOMMU that cannot keep caches coherent: EINVAL (drivers/vfio/group.c).
const std::string* refused(const Host& host, const PciFunction& function) {
  const auto* log = host.kernel.device_log.get();
  if (!log) return nullptr;
  const auto found = std::ranges::find_if(*log, [&](const std::string& line) {
    return line.find(function.address.text()) != line.npos && line.find("vfio-pci") != line.npos &&
        line.find("failed with error -22") != line.npos;
  });
  return found == log->end() ? nullptr : &*found;
}

std::vector<Finding> run(const Host& host) {
  if (host.cpu.architecture != Architecture::arm) return {};
  if (!host.kernel.device_log.has_value()) return {check.not_seen("Whether vfio-pci refused a device could not be seen.",
      {"kernel log", host.kernel.device_log.why()})};
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    const auto* line = function.iommu_group.has_value() && !function.is_bridge() ? refused(host, function) : nullptr;
    if (!line) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address), "vfio-pci refused it although it has an "
        "IOMMU group: on Arm that means an IOMMU that does not keep caches coherent.");
    finding.evidence = {{"kernel log", *line}, {function.sysfs_path + "/iommu_group", std::to_string(*function.iommu_group)}};
    finding.remedy = {{"No setting changes this: the firmware's table (IORT) says so of the machine. A firmware update may "
        "correct it.", {}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty()) findings.push_back(check.finding(Status::pass, host_subject, "vfio-pci has refused no device for want "
      "of coherent memory."));
  return findings;
}

}  // namespace

Check coherent_translation_check() { return check; }

}  // namespace vfio_doctor
