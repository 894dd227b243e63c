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

/// MGAW, bits 21:16 of the capability register, plus one (VT-d specification 11.4.2; cap_mgaw() in
/// drivers/iommu/intel/iommu.h).
std::optional<unsigned> width_of(const IommuUnit& unit) {
  if (!unit.name.starts_with("dmar") || !unit.capabilities.has_value()) return std::nullopt;
  const auto value = parse_unsigned(*unit.capabilities, 16);
  return value ? std::optional(static_cast<unsigned>((*value >> 16 & 0x3f) + 1)) : std::nullopt;
}

std::vector<Finding> run(const Host& host) {
  const auto* units = host.iommu.units.get();
  if (!units || iommu_vendor(host) != CpuVendor::intel) return {};
  std::optional<unsigned> least;
  Evidence evidence;
  for (const auto& unit : *units)
    if (const auto width = width_of(unit); width && (!least || *width < *least)) {
      least = width;
      evidence = {"/sys/class/iommu/" + unit.name + "/intel-iommu/cap", *unit.capabilities};
    }
  if (!least) return {};
  const auto* memory = host.guest_memory.total_kib.get();
  const bool too_narrow = memory && *least < 54 && *memory > (1ULL << (*least - 10));
  auto finding = check.finding(too_narrow ? Status::warn : Status::pass, host_subject,
                               "The IOMMU translates addresses of " + std::to_string(*least) + " bits.");
  finding.evidence = {evidence};
  if (too_narrow) {
    finding.summary = "The IOMMU translates addresses of " + std::to_string(*least) + " bits, " + size_words(1ULL << *least) +
                      ", fewer than the host has memory: a guest larger than "
                      "that gets no device.";
    finding.evidence.push_back({"/proc/meminfo", "MemTotal: " + std::to_string(*memory) + " kB"});
    finding.remedy = {{"Keep guests with devices smaller.", {}, {}, {}}};
  } else if (const auto* bits = host.room.physical_bits.get(); bits && *bits > *least) {
    finding.summary += " The processor has " + std::to_string(*bits) +
                       ": a guest that is to place devices by the processor's "
                       "width needs host-phys-bits-limit=" +
                       std::to_string(*least) + ".";
    finding.evidence.push_back({"/proc/cpuinfo", "address sizes: " + std::to_string(*bits) + " bits physical"});
  }
  return {finding};
}

}  // namespace

Check address_width_check() { return check; }

}  // namespace vfio_doctor
