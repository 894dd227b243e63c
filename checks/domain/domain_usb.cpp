// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-usb", "USB devices that it takes", 110, run};

std::string name_of(const DomainUsb& usb) {
  if (usb.vendor && usb.product) return hex_text(*usb.vendor, 4) + ":" + hex_text(*usb.product, 4);
  return "bus " + std::to_string(usb.bus.value_or(0)) + " device " + std::to_string(usb.device.value_or(0));
}

bool fits(const DomainUsb& wanted, const HostUsb& there) {
  if (wanted.vendor && there.vendor != *wanted.vendor) return false;
  if (wanted.product && there.product != *wanted.product) return false;
  return (!wanted.bus || there.bus == *wanted.bus) && (!wanted.device || there.device == *wanted.device);
}

void judge(const DomainCase& here, const DomainUsb& usb, std::vector<Finding>& findings) {
  const auto add = [&](Status status, const std::string& summary, const std::string& words = {}) {
    findings.push_back(check.at_line(status, here, usb.line, summary, words));
  };
  const bool by_id = usb.vendor && usb.product, by_place = usb.bus && usb.device;
  if (!by_id && !by_place) return;
  std::vector<const HostUsb*> there;
  for (const auto& one : *here.around.usb)
    if (fits(usb, one)) there.push_back(&one);
  if (there.empty()) {
    const bool may_be_missing = usb.startup_policy == "optional";
    if (!here.around.complete) {
      add(Status::unknown, "Whether the USB device " + name_of(usb) + " is there could not be seen.");
      return findings.back().evidence.push_back({"/sys/bus/usb/devices", "not in the recording, which need not hold them all"});
    }
    return add(may_be_missing ? Status::warn : Status::fail, "The USB device " + name_of(usb) + " is not there.",
               by_id ? "Did not find USB device " + name_of(usb)
                     : "Did not find USB device bus:" + std::to_string(*usb.bus) + " device:" + std::to_string(*usb.device));
  }
  if (by_id && !by_place && there.size() > 1)
    return add(Status::fail, "Several USB devices are " + name_of(usb) + ".",
               "Multiple USB devices for " + hex_text(*usb.vendor, 1) + ":" + hex_text(*usb.product, 1) +
                   ", use <address> to specify one");
  if (there.front()->hub) return add(Status::fail, name_of(usb) + " is a hub: USB devices are given one by one, a hub never.");
  const auto& controller = there.front()->controller;
  if (controller && std::ranges::find(here.domain.hostdevs, *controller, &DomainHostdev::source) != here.domain.hostdevs.end())
    add(Status::fail,
        "The USB device " + name_of(usb) + " hangs on " + controller->text() +
            ", which the domain takes as a whole: it "
            "is gone from the host when QEMU looks for it.",
        "Did not find USB device " + name_of(usb));
}

std::vector<Finding> run(const DomainCase& here) {
  if (here.domain.usb.empty()) return {};
  if (!here.around.usb.has_value()) {
    auto finding = check.finding(Status::unknown, here, "Which USB devices the host has could not be seen.");
    finding.evidence = {{"/sys/bus/usb/devices", here.around.usb.why()}};
    return {finding};
  }
  std::vector<Finding> findings;
  for (const auto& usb : here.domain.usb) judge(here, usb, findings);
  if (findings.empty()) findings.push_back(check.finding(Status::pass, here, "Each USB device that it takes is there, once."));
  return findings;
}

}  // namespace

DomainCheck domain_usb_check() { return check; }

}  // namespace vfio_doctor
