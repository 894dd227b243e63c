// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstddef>
#include <map>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/signatures/triage.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"dma-faults", "Memory accesses that the IOMMU refused", 20, run};

/// A driver that lets go or takes over leaves a few behind; more than that goes on.
constexpr std::size_t many = 10;

std::vector<Finding> run(const Host& host) {
  const auto* log = host.kernel.device_log.get();
  if (!log) return {check.not_seen("Whether the IOMMU refused accesses could not be read.", {"kernel log",
      host.kernel.device_log.why()})};
  std::map<PciAddress, std::vector<std::size_t>> faults;
  for (const auto& match : match_kernel_log(*log))
    if (match.address && (match.signature->id == "fault" ||
        match.signature->id == "guest-fault")) faults[*match.address].push_back(match.message);
  std::vector<Finding> findings;
  for (const auto& [address, messages] : faults) {
    const auto* function = host.find(address);
    if (!function || !is_held_by_vfio(*function) || messages.size() < many) continue;
    auto finding = check.finding(Status::warn, device_subject(address), "The IOMMU has refused " +
        std::to_string(messages.size()) + " of its memory accesses or more since the host started: it reaches for memory that "
        "the guest did not give it, or a function of the same card is not with the guest.");
    finding.evidence = {{"kernel log", (*log)[messages.front()]}, {"kernel log", (*log)[messages.back()]}};
    finding.remedy = {{"See whether all functions of the card are given; a firmware update of the card, or another driver in "
        "the guest, may mend the rest.", {"lspci -nnk -s " + address.text().substr(0, address.text().find('.'))}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty()) findings.push_back(check.finding(Status::pass, host_subject, "The IOMMU has not refused many accesses "
      "of a device that VFIO holds."));
  return findings;
}

}  // namespace

Check dma_faults_check() { return check; }

}  // namespace vfio_doctor
