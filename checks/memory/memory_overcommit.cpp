// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"memory-overcommit", "Strict accounting of memory", 40, run};

constexpr std::uint64_t least_kib = 1 << 20;

std::vector<Finding> run(const Host& host) {
  const auto& mode = host.guest_memory.overcommit_mode;
  if (!mode.has_value())
    return {check.not_seen("How the kernel accounts for memory could not be seen.",
                           {"/proc/sys/vm/overcommit_memory", mode.why()})};
  if (*mode != 2) {
    auto finding = check.finding(Status::pass, host_subject, "The kernel does not refuse memory by strict accounting.");
    finding.evidence = {{"/proc/sys/vm/overcommit_memory", std::to_string(*mode)}};
    return {finding};
  }
  const auto &limit = host.guest_memory.commit_limit_kib, &committed = host.guest_memory.committed_kib;
  if (!limit.has_value() || !committed.has_value())
    return {check.not_seen("How much memory is promised could not be seen.",
                           {"/proc/meminfo", limit.has_value() ? committed.why() : limit.why()})};
  const std::uint64_t left = *limit > *committed ? *limit - *committed : 0;
  auto finding = check.finding(left < least_kib ? Status::warn : Status::pass, host_subject,
                               "Memory is accounted for strictly: " + size_words(left * 1024) +
                                   " can still be promised, and "
                                   "no guest can be larger than that.");
  finding.evidence = {{"/proc/sys/vm/overcommit_memory", "2"},
                      {"/proc/meminfo", "CommitLimit: " + std::to_string(*limit) + " kB"},
                      {"/proc/meminfo", "Committed_AS: " + size_words(*committed * 1024)}};
  if (left < least_kib)
    finding.remedy = {{"Raise what may be promised, or set the mode back to 0.",
                       {"sudo sysctl vm.overcommit_ratio=90"},
                       {"sudo sysctl vm.overcommit_ratio=50"},
                       {}}};
  return {finding};
}

}  // namespace

Check memory_overcommit_check() { return check; }

}  // namespace vfio_doctor
