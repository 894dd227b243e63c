// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-mediated", "Mediated devices that it takes", 120, run};

/// 32 hexadecimal digits, dashes anywhere between them, as virUUIDParse() takes them.
bool is_uuid(const std::string& text) {
  std::size_t digits = 0;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))
      ++digits;
    else if (c != '-')
      return false;
  }
  return digits == 32;
}

/// No driver of this host offers any: what the guest's manager took for a part may be a card that is to be given whole.
bool offers_none(const Host& host) {
  const auto& mediating = host.sharing.mediating;
  return mediating.is_absent() || (mediating.has_value() && mediating->empty());
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  for (const auto& mdev : here.domain.mdevs) {
    const auto uuid = mdev.uuid.substr(0, 60);
    if (!is_uuid(mdev.uuid)) {
      findings.push_back(check.at_line(Status::fail, here, mdev.line, "'" + uuid + "' is no UUID.",
                                       "Cannot parse uuid attribute of element <address>"));
      continue;
    }
    const auto found = here.around.mdevs.find(mdev.uuid);
    if (found != here.around.mdevs.end() && found->second.is(true)) continue;
    const bool known = found != here.around.mdevs.end() && found->second.is_absent() && here.around.complete;
    findings.push_back(check.at_line(known ? Status::fail : Status::unknown, here, mdev.line,
                                     known ? "The host has no mediated device " + uuid + " now."
                                           : "Whether the host has the mediated device " + uuid + " could not be seen.",
                                     known ? "mediated device '" + uuid + "' not found" : ""));
    findings.back().effect = Effect::blocked;
    findings.back().evidence.push_back({"/sys/bus/mdev/devices/" + uuid, known ? "absent" : "not seen"});
    findings.back().remedy = {
        {"Make it before the domain starts; libvirt does not. Mediated devices are gone after a reboot unless "
         "mdevctl defines them.",
         {"mdevctl list --defined"},
         {},
         {}}};
    if (!known || !offers_none(here.host)) continue;
    findings.back().summary += " No card of this host offers mediated devices: one that is to be given whole is a PCI device.";
    findings.back().evidence.push_back({"/sys/class/mdev_bus", "no card"});
    findings.back().remedy = {
        {"For a whole card, ask for it as a PCI device (libvirt: <hostdev type='pci'>). For a part of it, load the "
         "driver that gives it out in parts first.",
         {},
         {},
         {}}};
  }
  if (findings.empty() && !here.domain.mdevs.empty())
    findings.push_back(check.finding(Status::pass, here, "Each mediated device that it takes is there."));
  return findings;
}

}  // namespace

DomainCheck domain_mediated_check() { return check; }

}  // namespace vfio_doctor
