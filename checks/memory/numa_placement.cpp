// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"numa-placement", "Memory near the device", 60, run};

/// What moves much data: storage, network, graphics, accelerators.
bool moves_much(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  if (!kind || function.is_bridge()) return false;
  const auto base = *kind >> 8;
  return base == 0x01 || base == 0x02 || base == 0x03 || base == 0x12;
}

const MemoryNode* node_of(const Host& host, const PciFunction& function) {
  const auto* number = function.numa_node.get();
  if (!number) return nullptr;
  const auto found = std::ranges::find(host.guest_memory.nodes, *number, &MemoryNode::number);
  return found == host.guest_memory.nodes.end() ? nullptr : &*found;
}

bool has_huge_pages(const MemoryNode& node) {
  return std::ranges::any_of(node.pools, [](const HugePagePool& pool) { return pool.total > 0; });
}

Finding far_away(const PciFunction& function, const MemoryNode& node, const std::string& what) {
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "It hangs on NUMA node " + std::to_string(node.number) + ", which has " + what +
                                   ": its guest's memory is on the far side.");
  finding.evidence = {{function.sysfs_path + "/numa_node", std::to_string(node.number)}};
  finding.remedy = {
      {"Move the card to a slot of a node with memory, or set the pages aside there.", {"numactl --hardware"}, {}, {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  if (host.guest_memory.nodes.size() < 2) return {};
  const bool any_pages = std::ranges::any_of(host.guest_memory.nodes, has_huge_pages);
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    const auto* node = moves_much(function) ? node_of(host, function) : nullptr;
    if (!node) continue;
    if (node->total_kib.is(0))
      findings.push_back(far_away(function, *node, "no memory"));
    else if (any_pages && !has_huge_pages(*node) && is_held_by_vfio(function))
      findings.push_back(far_away(function, *node, "no huge pages while others have"));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "Every device that moves much data hangs "
                                     "on a node with memory."));
  return findings;
}

}  // namespace

Check numa_placement_check() { return check; }

}  // namespace vfio_doctor
