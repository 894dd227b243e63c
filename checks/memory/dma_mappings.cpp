// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"dma-mappings", "How many mappings a guest may have", 50, run};

constexpr std::uint64_t usual = 65'535;

std::vector<Finding> run(const Host& host) {
  const auto& allowed = host.guest_memory.mappings_allowed;
  if (allowed.is_absent()) return {};
  if (!allowed.has_value())
    return {check.not_seen("How many mappings are allowed could not be seen.", {"vfio_iommu_type1", allowed.why()})};
  const Evidence evidence{"/sys/module/vfio_iommu_type1/parameters/dma_entry_limit", std::to_string(*allowed)};
  auto finding = check.finding(*allowed < usual ? Status::warn : Status::pass, host_subject,
                               *allowed < usual ? "A guest may have " + std::to_string(*allowed) +
                                                      " mappings for its devices, fewer than the usual 65535: "
                                                      "one with a virtual IOMMU or much hot-plugged memory runs out of them."
                                                : "A guest may have as many mappings for its devices as usual.");
  finding.evidence = {evidence};
  if (*allowed < usual)
    finding.remedy = {
        {"Look for dma_entry_limit in /etc/modprobe.d and on the kernel command line, and "
         "take it out.",
         {"grep -r dma_entry_limit /etc/modprobe.d"},
         {},
         {}}};
  return {finding};
}

}  // namespace

Check dma_mappings_check() { return check; }

}  // namespace vfio_doctor
