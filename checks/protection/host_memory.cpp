// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "checks/check.hpp"
#include "checks/protection/host_needs.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"host-memory", "Memory this host runs in", 15, run};

/// CXL memory devices (class 0502) and virtio-mem (1af4:1058), held by their driver: what a piece of memory that could not be
/// followed may lie on.
bool may_hold_memory(const Host& host, const PciFunction& function) {
  const bool memory =
      function.class_and_subclass() == 0x0502 || (function.id.vendor.is(0x1af4) && function.id.device.is(0x1058));
  return memory && InUse(host)(function);
}

std::vector<Finding> run(const Host& host) {
  const auto& devices = host.memory.devices;
  const bool any_candidate =
      std::ranges::any_of(host.all_functions(), [&](const auto& one) { return may_hold_memory(host, one); });
  if (devices.is_absent()) {
    if (!any_candidate) return {};
    return {check.finding(Status::pass, host_subject, "None of the host's own memory lies on a device.")};
  }
  std::map<PciAddress, std::vector<HostNeed>> needs;
  std::string doubt = devices.is_unreadable() ? devices.why() : host.memory.unread;
  if (devices.has_value())
    for (const auto& memory : *devices) {
      if (memory.functions.empty()) doubt = memory.source + " could not be followed to its device";
      for (const auto& function : memory.functions)
        needs[function].push_back({"memory of the host", memory.name, memory.source});
    }
  std::vector<Finding> findings;
  for (const auto& [function, uses] : needs) {
    auto finding =
        check.finding(Status::warn, device_subject(function), "This host runs in its memory: it holds " + describe(uses) + ".");
    finding.effect = Effect::protects;
    finding.evidence = evidence_of(uses);
    finding.remedy = {
        {"Leave it to the host. To give it away, the memory must first be taken offline and handed back; that may not succeed.",
         {"daxctl list -RDu"},
         {},
         "A guest that takes it takes memory away from under the host: the host crashes."}};
    findings.push_back(std::move(finding));
  }
  if (doubt.empty()) return findings;
  for (const auto& function : host.all_functions()) {
    if (needs.contains(function.address) || !may_hold_memory(host, function)) continue;
    auto finding = check.finding(Status::unknown, device_subject(function.address),
                                 "The host's own memory may lie on it (" + doubt + ").");
    finding.evidence = {{function.sysfs_path, function.class_name.empty() ? "class 0502" : function.class_name}};
    finding.effect = Effect::protects;
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "No device that could be given holds memory of the host."));
  return findings;
}

}  // namespace

Check host_memory_check() { return check; }

}  // namespace vfio_doctor
