// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// Huge pages of one size (/sys/kernel/mm/hugepages/hugepages-2048kB).
struct HugePagePool {
  std::uint64_t page_kib = 0;
  std::uint64_t total = 0, free = 0;  ///< pages
};

/// One NUMA node's memory (/sys/devices/system/node/nodeN/meminfo).
struct MemoryNode {
  int number = 0;
  Observed<std::uint64_t> total_kib;
  std::vector<HugePagePool> pools;
};

/// A line about memlock in /etc/security/limits.conf or limits.d (limits.conf(5)).
struct LockLimitLine {
  std::string who;    ///< "alice", "@kvm", "*"
  std::string value;  ///< "unlimited", "8388608" (KiB), as written
  std::string file;   ///< "FILE:LINE"
};

/// Memory as far as guests with devices care: what they use is locked, all of it, from the start.
struct MemoryFacts {
  Observed<std::uint64_t> total_kib, available_kib;         ///< MemTotal, MemAvailable of /proc/meminfo
  Observed<std::uint64_t> commit_limit_kib, committed_kib;  ///< CommitLimit, Committed_AS
  Observed<std::uint64_t> overcommit_mode;                  ///< vm.overcommit_memory: 2 is strict
  Observed<std::vector<HugePagePool>> pools;                ///< sorted by size; absent: the kernel has none
  /// Of the pages that are meant where no size is named (Hugepagesize of /proc/meminfo); absent: the kernel has none.
  Observed<std::uint64_t> default_page_kib;
  std::vector<MemoryNode> nodes;  ///< empty where the machine has one node only
  std::vector<LockLimitLine> lock_limits;
  Observed<std::uint64_t> mappings_allowed;  ///< vfio_iommu_type1's dma_entry_limit; absent while it is not loaded
};

MemoryFacts gather_memory(const Root& root);

}  // namespace vfio_doctor
