// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <set>

#include "checks/domain/domain_check.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-groups", "Whole groups, for this domain alone", 40, run};

bool takes(const Domain& domain, const PciAddress& address) {
  return std::ranges::find(domain.hostdevs, address, &DomainHostdev::source) != domain.hostdevs.end();
}

/// Proxmox VE binds the whole group to vfio-pci at the start, bridges apart (pve-common, SysFSTools.pm).
Finding taken_along(const DomainCase& here, const DomainHostdev& device, const PciFunction& companion) {
  auto finding =
      check.at_line(Status::warn, here, device.line,
                    device.source.text() + " is in a group with " + companion.address.text() + ", which " + *companion.driver +
                        " holds: Proxmox VE binds the whole group to vfio-pci at the start, and the host does without " +
                        companion.name + " from then on.");
  finding.evidence.push_back({companion.sysfs_path + "/driver", *companion.driver});
  return finding;
}

/// What the host lives on is never taken from it for a companion's sake, and a part of the chipset is nothing to give.
Remedy free_it(const DomainCase& here, const PciFunction& companion) {
  const auto address = companion.address.text();
  if (const auto use = what_host_does_with(here.host, companion.address); !use.empty())
    return {.text = "Leave both to the host: " + address + " " + use +
                    ", and would go from it as well. In another slot the "
                    "device may have a group of its own.",
            .commands = {},
            .undo = {},
            .risk = {}};
  const auto part = chipset_part(companion).has_value();
  return {.text = (part ? "Take the driver away from " + address + " (the host's chipset needs it, so no guest gets it): "
                        : "Give " + address + " to the same domain, or take the driver away from it: ") +
                  "<hostdev managed='yes'> with <address type='unassigned'/> does that for as long as the domain runs.",
          .commands = {},
          .undo = {},
          .risk = "The host does without " + companion.name + " then."};
}

/// A companion that stays with a host driver: the group is not viable, whatever else is known about the device.
Finding held(const DomainCase& here, const DomainHostdev& device, const PciFunction& companion) {
  const auto* function = here.host.find(device.source);
  const auto group = function && function->iommu_group.has_value() ? std::to_string(*function->iommu_group) : "?";
  auto finding = check.at_line(Status::fail, here, device.line,
                               device.source.text() + " is in a group with " + companion.address.text() +
                                   ", which the host driver " + *companion.driver + " holds and the domain does not take.",
                               "group " + group + " is not viable");
  finding.evidence.push_back({companion.sysfs_path + "/driver", *companion.driver});
  finding.remedy = {free_it(here, companion)};
  return finding;
}

void judge_companions(const DomainCase& here, const DomainHostdev& device, const PciFunction& function,
                      std::set<PciAddress>& told, std::vector<Finding>& findings) {
  for (const auto& address : companions_of(here.host, function)) {
    const auto* companion = here.host.find(address);
    if (!companion || takes(here.domain, address) || !told.insert(address).second) continue;
    if (companion->driver.has_value() && !leaves_dma_to_user(*companion->driver))
      findings.push_back(here.domain.form == Domain::Form::proxmox && device.managed ? taken_along(here, device, *companion)
                                                                                     : held(here, device, *companion));
  }
}

/// Another running guest that has a function of the same group.
void judge_running(const DomainCase& here, const DomainHostdev& device, const PciFunction& function,
                   std::vector<Finding>& findings) {
  if (!here.around.running.has_value()) return;
  const auto companions = companions_of(here.host, function);
  for (const auto& other : *here.around.running) {
    if (other.name == here.domain.name) continue;
    for (const auto& its : other.hostdevs) {
      const bool same = its.source == device.source;
      if (!same && std::ranges::find(companions, its.source) == companions.end()) continue;
      auto finding =
          check.at_line(Status::fail, here, device.line,
                        (same ? device.source.text() + " belongs to the domain '"
                              : device.source.text() + " shares a group with " + its.source.text() +
                                    ", which belongs to the domain '") +
                            other.name.substr(0, 255) + "', which runs now.",
                        "PCI device " + its.source.text() + " is in use by driver QEMU, domain " + other.name.substr(0, 255));
      finding.evidence.push_back({other.file, "line " + std::to_string(its.line) + ": " + its.source.text()});
      finding.remedy = {{"Shut that domain down first, or give the whole group to one of the two.",
                         {"sudo virsh shutdown " +
                          (other.name.find_first_of(" '\"$`\\;&|<>()-") == std::string::npos ? other.name : "DOMAIN")},
                         {},
                         {}}};
      findings.push_back(finding);
    }
  }
}

/// Two domains that both want it: the second start is refused, and which is the second at boot is chance.
void judge_autostart(const DomainCase& here, const DomainHostdev& device, std::vector<Finding>& findings) {
  if (!here.around.autostart.has_value()) return;
  for (const auto& other : *here.around.autostart) {
    const auto its = std::ranges::find(other.hostdevs, device.source, &DomainHostdev::source);
    if (other.name == here.domain.name || its == other.hostdevs.end()) continue;
    findings.push_back(
        check.at_line(Status::warn, here, device.line,
                      "The domain '" + other.name.substr(0, 255) + "', which starts with the host, takes " +
                          device.source.text() + " too: one of the two at a time.",
                      "PCI device " + device.source.text() + " is in use by driver QEMU, domain " + other.name.substr(0, 255)));
    findings.back().evidence.push_back({other.file, "line " + std::to_string(its->line) + ": " + device.source.text()});
  }
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  std::set<PciAddress> told;
  for (const auto& device : here.domain.hostdevs) {
    const auto* function = here.host.find(device.source);
    if (!function || function->is_bridge() || device.origin == DomainHostdev::Origin::network) continue;
    judge_companions(here, device, *function, told, findings);
    judge_running(here, device, *function, findings);
    judge_autostart(here, device, findings);
  }
  if (here.around.running.is_unreadable() && !here.domain.hostdevs.empty()) {
    findings.push_back(
        check.finding(Status::unknown, here, "Which other guests run now, and with which devices, could not be seen."));
    findings.back().evidence.push_back({"/run/libvirt/qemu", here.around.running.why()});
  }
  if (findings.empty() && !here.domain.hostdevs.empty())
    findings.push_back(check.finding(Status::pass, here, "No host driver and no running guest has a function of its groups."));
  return findings;
}

}  // namespace

DomainCheck domain_groups_check() { return check; }

}  // namespace vfio_doctor
