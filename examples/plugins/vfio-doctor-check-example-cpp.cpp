// SPDX-License-Identifier: GPL-2.0-or-later
// On a machine with several memory nodes: says which node each device belongs to, so that the guest can be put beside it.
#include <vfio_doctor_plugin.hpp>

#include <set>

using namespace vfio_doctor_plugin;

namespace {

constexpr const char* page = R"(# Memory node of devices

## What it checks

Which NUMA node each PCI function is attached to, on machines with more than one.

## Why it matters

A guest whose memory lives on another node than its device works, but slower.
)";

std::vector<Finding> check_memory_nodes(const Json& facts) {
  const auto& functions = facts.at("pci").at("functions");
  if (is_unreadable(functions)) return {Finding("unknown", "host", "The PCI functions could not be read.")};
  std::set<int> nodes;
  std::vector<Finding> findings;
  for (const auto& function : functions) {
    const auto& node = function.at("numa_node");
    if (!has_value(node) || node.get<int>() < 0) continue;
    nodes.insert(node.get<int>());
    if (function.at("is_bridge").get<bool>()) continue;
    const auto address = function.at("address").get<std::string>();
    const auto number = std::to_string(node.get<int>());
    findings.push_back(Finding("pass", address, "It is attached to memory node " + number + "; run its guest there.")
                           .evidence("/sys/bus/pci/devices/" + address + "/numa_node", number));
  }
  if (nodes.size() > 1) return findings;
  return {Finding("not-applicable", "host", "This machine has one memory node.")};
}

}  // namespace

int main(int count, char** arguments) {
  return run_plugin({"example-cpp",
                     "1.0",
                     {{"example-memory-node", "Memory node", "devices", {"pci"}, page, check_memory_nodes}}},
                    count, arguments);
}
