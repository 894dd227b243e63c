// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdio>

#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"reserved-regions", "Memory reserved by the firmware", 30, run};

/// Since Linux 6.6 a `direct` region keeps every device of the group from VFIO, whoever made the IOMMU (commit
/// a48ce36e2786 "iommu: Prevent RESV_DIRECT devices from blocking domains"); before, only Intel's driver refused.
KernelRule kernel_refuses(const Host& host) {
  return iommu_vendor(host) == CpuVendor::intel ? KernelRule::yes : has_rule_since(host, {6, 6});
}

std::string region_text(const ReservedRegion& region) {
  char text[96];
  std::snprintf(text, sizeof text, "0x%016llx 0x%016llx ", static_cast<unsigned long long>(region.start),
                static_cast<unsigned long long>(region.end));
  return text + region.type;
}

Finding judge_direct_region(const Host& host, const IommuGroup& group, const ReservedRegion& region) {
  auto finding = check.finding(Status::fail, group_subject(group.number),
                               "The firmware keeps a piece of memory tied to a device of this group: the kernel gives no "
                               "device of the group to a guest.");
  finding.effect = Effect::blocked;
  const auto refusal = kernel_refuses(host);
  if (refusal == KernelRule::not_known) {
    finding.status = Status::unknown;
    finding.summary =
        "The firmware keeps a piece of memory tied to a device of this group. Linux 6.6 and newer refuse "
        "the assignment; whether this distribution's kernel took over that rule is not known.";
  } else if (refusal == KernelRule::no) {
    finding.status = Status::warn;
    finding.effect = Effect::none;
    // vfio_iommu_type1 leaves such ranges out of what it lets a guest map (vfio_iommu_resv_exclude() and the check in
    // vfio_dma_do_map(), drivers/vfio/vfio_iommu_type1.c, since 5.4).
    finding.summary =
        "The firmware keeps a piece of memory tied to a device of this group; this kernel allows the "
        "assignment, Linux 6.6 and newer refuse it. A guest that has memory of its own at these addresses does not "
        "start (\"vfio_dma_map: -22 (Invalid argument)\").";
  }
  finding.evidence = {{"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/reserved_regions", region_text(region)}};
  if (finding.status == Status::unknown)
    finding.evidence.push_back(
        {"/proc/sys/kernel/osrelease", host.kernel.release.has_value() ? *host.kernel.release : host.kernel.release.why()});
  finding.remedy = {
      {"Look in the firmware setup for what uses the device before the system starts: \"Pre-boot DMA "
       "Protection\", management (iLO, iDRAC) shared memory, USB legacy support; else ask the vendor for an update.",
       {},
       {},
       "Kernels patched to ignore this let a guest write into memory that the firmware still uses."}};
  return finding;
}

Finding not_read(std::string subject, const std::string& source, const IommuGroup& group) {
  auto finding =
      check.finding(Status::unknown, std::move(subject), "Which memory the firmware reserves for devices could not be read.");
  finding.effect = Effect::blocked;
  finding.evidence = {{source, group.reserved_regions.why()}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  if (dma_remapping(host) != Switch::on || !host.iommu.groups.has_value()) return {};
  const auto& groups = host.iommu.groups.value();
  const bool any_read = std::ranges::any_of(groups, [](const auto& group) { return group.reserved_regions.has_value(); });
  // Older than Linux 4.11, or a recording without these files: one sentence for the whole host.
  if (!any_read) return {not_read(host_subject, "/sys/kernel/iommu_groups/*/reserved_regions", groups.front())};
  std::vector<Finding> findings;
  for (const auto& group : groups) {
    if (!group.reserved_regions.has_value()) {
      const auto source = "/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/reserved_regions";
      findings.push_back(not_read(group_subject(group.number), source, group));
      continue;
    }
    for (const auto& region : group.reserved_regions.value())
      if (region.type == "direct") {
        findings.push_back(judge_direct_region(host, group, region));
        break;  // one is enough to refuse the group
      }
  }
  if (!findings.empty()) return findings;
  auto finding = check.finding(Status::pass, host_subject, "No group has memory that the firmware ties to a device.");
  finding.evidence = {{"/sys/kernel/iommu_groups/*/reserved_regions", "no region of type direct"}};
  return {finding};
}

}  // namespace

Check reserved_regions_check() { return check; }

}  // namespace vfio_doctor
