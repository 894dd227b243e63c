// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"amd-memory-hole", "AMD's hole below one tebibyte", 40, run};

/// AMD's IOMMU keeps 0xfd00000000 to 0xffffffffff for itself (HyperTransport; drivers/iommu/amd/amd_iommu.h HT_RANGE_START).
constexpr std::uint64_t hole_starts_kib = 0xfd00000000ULL >> 10;

std::vector<Finding> run(const Host& host) {
  if (host.cpu.vendor != CpuVendor::amd) return {};
  const auto& total = host.guest_memory.total_kib;
  if (!total.has_value())
    return {check.not_seen("How much memory the host has could not be seen.", {"/proc/meminfo", total.why()})};
  const bool reaches = *total >= hole_starts_kib;
  auto finding = check.finding(reaches ? Status::warn : Status::pass, host_subject,
                               reaches ? "A guest of 1000 GiB or more would have memory where AMD's IOMMU allows none (from "
                                         "0xfd00000000 on): with QEMU before 7.1 it does not start."
                                       : "No guest of this host is large enough to reach the addresses that AMD's IOMMU keeps "
                                         "for itself.");
  finding.evidence = {{"/proc/meminfo", "MemTotal: " + std::to_string(*total) + " kB"}};
  if (reaches)
    finding.remedy = {
        {"QEMU 7.1 and later, with a machine type of 7.1 or later, puts the guest's memory around "
         "the hole.",
         {"qemu-system-x86_64 --version"},
         {},
         {}}};
  return {finding};
}

}  // namespace

Check amd_memory_hole_check() { return check; }

}  // namespace vfio_doctor
