// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/guest/guest_released.hpp"

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {
namespace {

bool is_vfio(const std::string& driver) { return driver.find("vfio") != std::string::npos; }

Remedy look_who_has_it(const std::string& address) {
  return {"See which domain should hold it and whether it runs.",
          {"virsh list --all", "vfio-doctor check --device " + address},
          {},
          "None: these commands only read."};
}

}  // namespace

Finding judge_released(const ExpectedDevice& device, const PciFunction* function) {
  const auto address = device.host_address->text();
  Finding finding;
  finding.id = released_finding_id;
  finding.title = "Host has let go of the device";
  finding.subject = device_subject(*device.host_address);
  finding.expected = expected_name(device);
  finding.evidence.push_back({"manifest", host_name_of(device)});
  const auto say = [&](Status status, const std::string& what) {
    finding.status = status;
    finding.detail = what;
    finding.summary = device.label + ": " + what;
  };
  if (!function) {
    say(Status::unknown, "it is not on this host now.");
    return finding;
  }
  const auto& driver = function->driver;
  const auto seen = driver.has_value() ? driver.value() : driver.is_unreadable() ? driver.why() : "no driver";
  finding.evidence.push_back({"/sys/bus/pci/devices/" + address + "/driver", seen});
  if (driver.is_unreadable()) {
    say(Status::unknown, "which driver of the host holds it could not be read: " + driver.why() + ".");
  } else if (driver.has_value() && is_vfio(driver.value())) {
    say(Status::pass, driver.value() + " holds it on the host, for the guest.");
  } else {
    say(Status::fail, driver.has_value() ? "the host's " + driver.value() + " still drives it."
                                         : "it has no driver on the host, so no guest holds it.");
    finding.remedy.push_back(look_who_has_it(address));
  }
  return finding;
}

}  // namespace vfio_doctor
