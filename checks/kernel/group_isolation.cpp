// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/group_isolation.hpp"

#include <algorithm>
#include <cstdint>
#include <set>

namespace vfio_doctor {
namespace {

/// Source validation, request redirection, completion redirection, upstream forwarding: what the kernel asks for
/// (REQ_ACS_FLAGS in drivers/iommu/iommu.c).
constexpr unsigned needed_acs = 0x01 | 0x04 | 0x08 | 0x10;

/// A bit that the hardware does not have counts as enforced (pci_acs_flags_enabled in drivers/pci/pci.c).
bool isolates(const AcsCapability& acs) {
  const unsigned asked = needed_acs & acs.supported;
  return (acs.enabled & asked) == asked;
}

/// Ports of Intel's 100 and 200 series chipsets keep these registers in another place than the specification says; the
/// kernel knows, a plain reading is wrong (pci_quirk_intel_spt_pch_acs_match in drivers/pci/quirks.c).
bool has_acs_elsewhere(const PciFunction& port) {
  if (!port.id.vendor.is(0x8086) || !port.id.device.has_value()) return false;
  const unsigned id = port.id.device.value();
  return (id >= 0xa110 && id <= 0xa11f) || (id >= 0xa167 && id <= 0xa16a) || (id >= 0xa290 && id <= 0xa29f) ||
         (id >= 0xa2e7 && id <= 0xa2ee) || (id >= 0x9d10 && id <= 0x9d1b);
}

std::string acs_text(const PciFunction& function) {
  const auto& acs = function.config.acs;
  if (has_acs_elsewhere(function)) return "Access Control Services in a place of their own";
  if (!acs.has_value()) return acs.is_absent() ? "no Access Control Services" : "Access Control Services: " + acs.why();
  return isolates(acs.value()) ? "Access Control Services enabled" : "Access Control Services there, but not enabled";
}

std::vector<const PciFunction*> bridges_above(const Host& host, const PciFunction& function) {
  std::vector<const PciFunction*> bridges;
  auto above = function.parent;
  while (above && bridges.size() < 64) {
    const auto* bridge = host.find(*above);
    if (!bridge) break;
    bridges.push_back(bridge);
    above = bridge->parent;
  }
  return bridges;
}

bool is_conventional_bridge(const PciFunction& bridge) {
  const auto& type = bridge.config.pcie_type;
  return type.is(PcieType::pcie_to_pci_bridge) || (type.is(PcieType::conventional) && bridge.config.header_type.is(1));
}

/// "0000:00:1f.0, .2 and .3 are functions of one device that does not keep them apart."
void add_multifunction_cause(const std::vector<const PciFunction*>& members, std::vector<GroupCause>& causes) {
  std::set<std::pair<std::uint32_t, unsigned>> slots_seen;
  for (const auto* one : members) {
    const auto in_slot = [one](const PciFunction* other) {
      return other->address.domain == one->address.domain && other->address.bus == one->address.bus &&
             other->address.device == one->address.device;
    };
    if (std::ranges::count_if(members, in_slot) < 2 || one->is_bridge()) continue;
    const unsigned slot = static_cast<unsigned>(one->address.bus) << 5 | one->address.device;
    if (!slots_seen.insert({one->address.domain, slot}).second) continue;
    std::string address = one->address.text();
    address.resize(address.size() - 2);
    causes.push_back({"The functions of " + named(device_subject(one->address), address) +
                          " share a group: they are one device, and nothing in it keeps "
                          "them apart.",
                      {one->sysfs_path + "/config", acs_text(*one)}});
  }
}

void add_bridge_causes(const Host& host, const std::vector<const PciFunction*>& members, std::vector<GroupCause>& causes) {
  std::set<PciAddress> explained;
  for (const auto* member : members) {
    for (const auto* bridge : bridges_above(host, *member)) {
      const auto below = std::ranges::count_if(members, [&](const PciFunction* other) {
        return std::ranges::any_of(bridges_above(host, *other), [bridge](auto* above) { return above == bridge; });
      });
      // A port that does not keep apart what lies behind it is in the group itself; of one outside the kernel knows better
      // than its registers say (pci_quirk_intel_pch_acs_ids and others in drivers/pci/quirks.c).
      const bool is_member = std::ranges::find(members, bridge) != members.end();
      if (below == 0 || !explained.insert(bridge->address).second) continue;
      if (is_conventional_bridge(*bridge) && below > 1) {
        causes.push_back(
            {"Everything behind the conventional PCI bridge " + named(bridge->address) + " looks like one device to the IOMMU.",
             {bridge->sysfs_path + "/config", "conventional PCI bridge"}});
      } else if (is_member && bridge->config.acs.is_absent() && !has_acs_elsewhere(*bridge) &&
                 bridge->config.pcie_type.has_value()) {
        causes.push_back({"The port " + named(bridge->address) +
                              " does not keep apart what lies behind it: it has no "
                              "Access Control Services.",
                          {bridge->sysfs_path + "/config", acs_text(*bridge)}});
      } else if (is_member && bridge->config.acs.has_value() && !has_acs_elsewhere(*bridge) &&
                 !isolates(bridge->config.acs.value())) {
        causes.push_back({"The port " + named(bridge->address) + " has Access Control Services, but they are not enabled.",
                          {bridge->sysfs_path + "/config", acs_text(*bridge)}});
      }
    }
  }
}

}  // namespace

std::vector<GroupCause> causes_of_shared_group(const Host& host, const IommuGroup& group) {
  std::vector<const PciFunction*> members;
  for (const auto& address : group.members)
    if (const auto* member = host.find(address)) members.push_back(member);
  std::vector<GroupCause> causes;
  if (members.size() > 256) return causes;  // thousands in one group: the list itself says enough
  add_multifunction_cause(members, causes);
  add_bridge_causes(host, members, causes);
  return causes;
}

}  // namespace vfio_doctor
