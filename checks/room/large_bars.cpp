// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"large-bars", "Room that the guest needs for large devices", 20, run};

/// What OVMF reserves above the guest's memory when nobody says more (PcdPciMmio64Size, OvmfPkg/OvmfPkgX64.dsc: 0x800000000).
constexpr std::uint64_t usual_window = 32ULL << 30;

std::uint64_t bytes_above_4g(const PciFunction& function) {
  std::uint64_t sum = 0;
  if (const auto* regions = function.regions.get())
    for (const auto& region : *regions)
      if (region.index < 6 && region.is_memory() && region.is_64_bit() && region.bytes() < 1ULL << 48) sum += region.bytes();
  return sum;
}

Finding judge(const PciFunction& function, std::uint64_t bytes) {
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "It has " + size_words(bytes) +
                                   " of memory regions: older guest firmware keeps 32 GiB for all "
                                   "devices together, and leaves what does "
                                   "not fit without an address (in the guest: \"BAR1 is 0M @ 0x0\").");
  finding.evidence = {{function.sysfs_path + "/resource", size_words(bytes) + " in 64-bit regions"}};
  finding.remedy = {
      {"Give the guest the host's processor (cpu mode host-passthrough), so that firmware of edk2-stable202211 "
       "or later takes its window from the address width; or tell "
       "the firmware the size in MiB: -fw_cfg name=opt/ovmf/X-PciMmio64Mb,string=SIZE, at least twice the sum "
       "of all such devices.",
       {},
       {},
       {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, room] : host.room.functions) {
    const auto* function = host.find(address);
    if (!function || !function->regions.has_value()) continue;
    any = true;
    if (const auto bytes = bytes_above_4g(*function); bytes >= usual_window) findings.push_back(judge(*function, bytes));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No device needs more room than "
                                     "any guest's firmware has."));
  return findings;
}

}  // namespace

Check large_bars_check() { return check; }

}  // namespace vfio_doctor
