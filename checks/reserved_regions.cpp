// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>

#include "checks/check.hpp"
#include "checks/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"reserved-regions", "Memory reserved by the firmware", "groups", run};

/// Since Linux 6.6 a `direct` region keeps every device of the group from VFIO, whoever made the IOMMU (commit
/// a48ce36e2786 "iommu: Prevent RESV_DIRECT devices from blocking domains"); before, only Intel's driver refused.
enum class Refusal { sure, no, not_known };
Refusal kernel_refuses(const Host& host) {
  const auto* version = host.kernel.version.get();
  if (iommu_vendor(host) == CpuVendor::intel || !version || *version >= KernelVersion{6, 6}) return Refusal::sure;
  // Enterprise kernels carry newer rules under an old number.
  return host.kernel.release.value().find(".el") != std::string::npos ? Refusal::not_known : Refusal::no;
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
  if (refusal == Refusal::not_known) {
    finding.status = Status::unknown;
    finding.summary = "The firmware keeps a piece of memory tied to a device of this group. Linux 6.6 and newer refuse "
                      "the assignment; whether this distribution's kernel took over that rule is not known.";
  } else if (refusal == Refusal::no) {
    finding.status = Status::warn;
    finding.effect = Effect::none;
    finding.summary = "The firmware keeps a piece of memory tied to a device of this group; this kernel allows the "
                      "assignment, Linux 6.6 and newer refuse it.";
  }
  finding.evidence = {{"/sys/kernel/iommu_groups/" + std::to_string(group.number) + "/reserved_regions", region_text(region)}};
  finding.remedy = {{"Look in the firmware setup for what uses the device before the system starts: \"Pre-boot DMA "
                     "Protection\", management (iLO, iDRAC) shared memory, USB legacy support; else ask the vendor for an update.",
                     {}, {}, "Kernels patched to ignore this let a guest write into memory that the firmware still uses."}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  if (dma_remapping(host) != Switch::on || !host.iommu.groups.has_value()) return {};
  std::vector<Finding> findings;
  std::string unread;
  for (const auto& group : host.iommu.groups.value()) {
    if (!group.reserved_regions.has_value()) {
      unread = group.reserved_regions.why();
      continue;
    }
    for (const auto& region : group.reserved_regions.value())
      if (region.type == "direct") {
        findings.push_back(judge_direct_region(host, group, region));
        break;  // one is enough to refuse the group
      }
  }
  if (!unread.empty()) {
    auto finding = check.finding(Status::unknown, host_subject, "Which memory the firmware reserves for devices could not "
                                                                "be read for every group.");
    finding.effect = Effect::blocked;
    finding.evidence = {{"/sys/kernel/iommu_groups/*/reserved_regions", unread}};
    findings.push_back(finding);
  }
  if (!findings.empty()) return findings;
  auto finding = check.finding(Status::pass, host_subject, "No group has memory that the firmware ties to a device.");
  finding.evidence = {{"/sys/kernel/iommu_groups/*/reserved_regions", "no region of type direct"}};
  return {finding};
}

}  // namespace

Check reserved_regions_check() { return check; }

}  // namespace vfio_doctor
