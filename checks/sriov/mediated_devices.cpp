// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstddef>
#include <map>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"mediated-devices", "Cards that are given out in parts", 40, run};

std::vector<Finding> run(const Host& host) {
  const auto* devices = host.sharing.mediated.get();
  if (!devices) {
    if (host.sharing.mediated.is_absent()) return {};
    return {check.not_seen("Which mediated devices there are could not be seen.",
                           {"/sys/bus/mdev/devices", host.sharing.mediated.why()})};
  }
  std::map<PciAddress, std::vector<std::string>> by_parent;
  for (const auto& device : *devices)
    if (device.parent) by_parent[*device.parent].push_back(device.uuid);
  std::vector<Finding> findings;
  for (const auto& [parent, uuids] : by_parent) {
    auto finding = check.finding(Status::warn, device_subject(parent),
                                 "It is given out in parts: " + std::to_string(uuids.size()) + " mediated device" +
                                     (uuids.size() == 1 ? " stands" : "s stand") +
                                     " on it. As a whole it can be given only without them.");
    finding.effect = Effect::blocked;
    for (std::size_t i = 0; i < uuids.size() && i < 4; ++i) finding.evidence.push_back({"/sys/bus/mdev/devices", uuids[i]});
    finding.remedy = {{"To give the whole card, remove them first.", {"mdevctl list"}, {}, "Guests that use them lose them."}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No card is given out in parts (mediated "
                                     "devices) now."));
  return findings;
}

}  // namespace

Check mediated_devices_check() { return check; }

}  // namespace vfio_doctor
