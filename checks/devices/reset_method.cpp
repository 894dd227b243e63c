// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"reset-method", "Reset between guests", 50, run};

/// Kinds whose firmware carries state from one guest to the next: storage, network, display and processing
/// accelerators. USB and audio controllers start from scratch whenever a driver takes them; chipset functions without a
/// reset are normal.
bool carries_state(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  if (!kind || function.is_bridge()) return false;
  const auto base = *kind >> 8;
  return base == 0x01 || base == 0x02 || base == 0x03 || base == 0x12;
}

/// Behind a port, a user who owns every function there can reset the whole bus (VFIO_DEVICE_PCI_HOT_RESET). Of a function
/// alone on its bus the kernel has said whether it can: pci_parent_bus_reset() (drivers/pci/pci.c) is one of the methods
/// that it lists, and left out it means that a quirk (NO_BUS_RESET) or the slot forbids it.
struct Bus {
  bool can_be_reset = false;        ///< by a user of this group alone
  std::vector<PciAddress> outside;  ///< the functions on it that are in other groups
};

Bus bus_of(const Host& host, const PciFunction& function) {
  Bus bus;
  if (!function.parent) return bus;
  const auto companions = companions_of(host, function);
  bool alone = true;
  for (const auto& other : host.all_functions()) {
    if (other.address.domain != function.address.domain || other.address.bus != function.address.bus ||
        other.address == function.address)
      continue;
    alone = false;
    if (std::ranges::find(companions, other.address) == companions.end()) bus.outside.push_back(other.address);
  }
  bus.can_be_reset = !alone && bus.outside.empty();
  return bus;
}

/// VFIO resets a bus only for a user who has the groups of all functions on it, each on a VFIO driver
/// (vfio_pci_ioctl_pci_hot_reset() and vfio_pci_is_device_in_set() in drivers/vfio/pci/vfio_pci_core.c).
Sentence words_for(const Bus& bus) {
  if (bus.outside.empty())
    return "Nothing can reset it by itself: it may work for one guest and then keep its state until the host reboots.";
  Sentence names;
  constexpr std::size_t most_named = 4;
  for (const auto& one : bus.outside) {
    if (&one - bus.outside.data() == static_cast<std::ptrdiff_t>(most_named)) break;
    names += (names.text.empty() ? "" : ", ") + named(one);
  }
  if (bus.outside.size() > most_named) names += " and " + std::to_string(bus.outside.size() - most_named) + " more";
  return "Only a reset of its whole bus reaches it, which takes " + names +
         " along, of other groups: give them to the same guest, else "
         "nothing resets it, and it may work for one guest and then keep its state until the host reboots.";
}

std::vector<Finding> run(const Host& host) {
  const auto& functions = host.all_functions();
  // The attribute came with Linux 5.15 and is shown only where there is a method; a tree that has none at all was
  // recorded without it.
  const bool kernel_shows_it =
      std::ranges::any_of(functions, [](const PciFunction& function) { return function.reset_methods.has_value(); });
  if (!kernel_shows_it || dma_remapping(host) == Switch::off) return {};
  std::vector<Finding> findings;
  for (const auto& function : functions) {
    const auto& methods = function.reset_methods;
    const bool has_method = methods.has_value() && !methods->empty();
    if (has_method || methods.is_unreadable() || !carries_state(function)) continue;
    const auto bus = bus_of(host, function);
    if (bus.can_be_reset) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address), words_for(bus));
    finding.evidence = {
        {function.sysfs_path + "/reset_method", methods.is_absent() ? "absent: no method" : "empty: switched off"}};
    finding.remedy = {
        {"Try it before you rely on it: start, stop and start the guest again, and watch the host's kernel log.", {}, {}, {}}};
    findings.push_back(finding);
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "Every device that keeps state between guests can be reset."));
  return findings;
}

}  // namespace

Check reset_method_check() { return check; }

}  // namespace vfio_doctor
