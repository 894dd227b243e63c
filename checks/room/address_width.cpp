// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"address-width", "Width of the IOMMU's addresses", 30, run};

std::vector<Finding> run(const Host& host) {
  if (iommu_vendor(host) != CpuVendor::intel) return {};
  const auto least = least_address_width(host);
  if (!least) return {};
  const auto* memory = host.guest_memory.total_kib.get();
  const bool too_narrow = memory && least->bits < 54 && *memory > (1ULL << (least->bits - 10));
  auto finding = check.finding(too_narrow ? Status::warn : Status::pass, host_subject,
                               "The IOMMU translates addresses of " + std::to_string(least->bits) + " bits.");
  finding.evidence = {{least->source, least->capabilities}};
  if (too_narrow) {
    finding.summary = "The IOMMU translates addresses of " + std::to_string(least->bits) + " bits, " +
                      size_words(1ULL << least->bits) +
                      ", fewer than the host has memory: a guest larger than "
                      "that gets no device.";
    finding.evidence.push_back({"/proc/meminfo", "MemTotal: " + std::to_string(*memory) + " kB"});
    finding.remedy = {{"Keep guests with devices smaller.", {}, {}, {}}};
  } else if (const auto* bits = host.room.physical_bits.get(); bits && *bits > least->bits) {
    finding.summary += " The processor has " + std::to_string(*bits) +
                       ": a guest that is to place devices by the processor's "
                       "width needs host-phys-bits-limit=" +
                       std::to_string(least->bits) + ".";
    finding.evidence.push_back({"/proc/cpuinfo", "address sizes: " + std::to_string(*bits) + " bits physical"});
  }
  return {finding};
}

}  // namespace

Check address_width_check() { return check; }

}  // namespace vfio_doctor
