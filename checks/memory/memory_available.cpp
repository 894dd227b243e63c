// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"memory-available", "Memory that is left for a guest", 10, run};

constexpr std::uint64_t least_kib = 512 << 10, gib_in_kib = 1 << 20;

std::vector<Finding> run(const Host& host) {
  const auto& available = host.guest_memory.available_kib;
  if (!available.has_value())
    return {check.not_seen("How much memory is left could not be seen.", {"/proc/meminfo", available.why()})};
  // Whole GiB: two runs in a row say the same.
  const auto left = size_words((*available >= gib_in_kib ? *available / gib_in_kib * gib_in_kib : *available) * 1024);
  const Evidence evidence{"/proc/meminfo", "MemAvailable: " + left};
  if (*available >= least_kib) {
    auto finding = check.finding(Status::pass, host_subject,
                                 left +
                                     " are left: a guest with a device takes all of its memory "
                                     "when it starts.");
    finding.evidence = {evidence};
    return {finding};
  }
  auto finding = check.finding(Status::warn, host_subject,
                               "Only " + left +
                                   " of memory are left: a guest with a device takes "
                                   "all of its "
                                   "memory when it starts, and none of it can be swapped out.");
  finding.evidence = {evidence};
  finding.remedy = {{"Stop what is not needed, or give the guest less memory.", {"free -m"}, {}, {}}};
  return {finding};
}

}  // namespace

Check memory_available_check() { return check; }

}  // namespace vfio_doctor
