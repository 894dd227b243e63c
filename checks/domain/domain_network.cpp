// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-network", "Functions taken as network cards or disks", 130, run};

/// libvirt brings it along, with NAT (src/network/default.xml.in).
constexpr std::string_view usual_network = "default";

constexpr std::string_view vf_only = "Interface type hostdev is currently supported on SR-IOV Virtual Functions only";

void judge_function(const DomainCase& here, const DomainHostdev& device, const PciFunction& function,
                    std::vector<Finding>& findings) {
  const auto address = device.source.text();
  const bool pool = device.origin == DomainHostdev::Origin::network;
  if (device.origin == DomainHostdev::Origin::interface || pool) {
    if (function.physical_function.has_value()) return;
    const bool known = function.physical_function.is_absent();
    findings.push_back(
        check.at_line(known ? Status::fail : Status::unknown, here, device.line,
                      known ? address + " is no virtual function: libvirt sets a MAC address through the physical one, "
                                        "so an <interface type='hostdev'> takes virtual functions only."
                            : "Whether " + address + " is a virtual function could not be seen.",
                      known ? std::string(vf_only) : ""));
    findings.back().effect = Effect::blocked;
    findings.back().evidence.push_back({function.sysfs_path + "/physfn", function.physical_function.why()});
    if (known) findings.back().remedy = {{"Take it with <hostdev type='pci'>, without a MAC address.", {}, {}, {}}};
  } else if (device.origin == DomainHostdev::Origin::disk && function.class_and_subclass() &&
             *function.class_and_subclass() != 0x0108) {
    findings.push_back(check.at_line(Status::fail, here, device.line,
                                     address + " (" + function.class_name +
                                         ") is no NVMe controller, so QEMU's NVMe driver cannot use it as a disk.",
                                     "Device doesn't support NVMe command set"));
    findings.back().evidence.push_back({function.sysfs_path + "/class", function.class_name});
  }
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& device : here.domain.hostdevs) {
    any = any || (device.origin != DomainHostdev::Origin::hostdev && device.origin != DomainHostdev::Origin::command_line);
    if (const auto* function = here.host.find(device.source)) judge_function(here, device, *function, findings);
  }
  for (const auto& network : here.domain.networks) {
    const auto pool = here.around.pools.find(network.name);
    if (pool == here.around.pools.end()) continue;
    if (pool->second.is_absent() && here.around.complete) {
      const auto name = network.name.substr(0, 60);
      findings.push_back(check.at_line(Status::fail, here, network.line, "libvirt has no network '" + name + "'.",
                                       "Network not found: no network with matching name '" + name + "'"));
      findings.back().evidence.push_back({"/etc/libvirt/qemu/networks", "no " + name + ".xml"});
    }
    if (!pool->second.has_value() && !(pool->second.is_absent() && here.around.complete) && network.name != usual_network) {
      findings.push_back(check.at_line(Status::unknown, here, network.line,
                                       "Whether the network '" + network.name.substr(0, 60) +
                                           "' hands out host functions could not be seen."));
      findings.back().evidence.push_back({"/etc/libvirt/qemu/networks/" + network.name.substr(0, 60) + ".xml",
                                          pool->second.is_absent() ? "not in the recording" : pool->second.why()});
      if (here.domain.hostdevs.empty()) findings.back().effect = Effect::blocked;  // then it is the whole question
    }
    if (!pool->second.has_value() || !pool->second->takes_anything()) continue;
    const auto count = pool->second->hostdevs.size();
    findings.push_back(check.at_line(Status::unknown, here, network.line,
                                     "The network '" + network.name.substr(0, 60) + "' hands out host functions" +
                                         (count > 0 ? " (" + std::to_string(count) + " of them)" : std::string()) +
                                         "; which one the domain gets is known only when it starts."));
    findings.back().effect = Effect::blocked;
    for (const auto& device : pool->second->hostdevs)
      if (findings.back().evidence.size() < 16)
        findings.back().evidence.push_back(
            {pool->second->file, "line " + std::to_string(device.line) + ": " + device.source.text()});
  }
  if (findings.empty() && any)
    findings.push_back(
        check.finding(Status::pass, here, "Network cards that it takes are virtual functions, disks are NVMe controllers."));
  return findings;
}

}  // namespace

DomainCheck domain_network_check() { return check; }

}  // namespace vfio_doctor
