// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "checks/check.hpp"
#include "checks/kernel/chipset_parts.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"function-type", "Functions that are not assigned", 10, run};

/// Functions that vfio-pci itself refuses (vfio_pci_dev_in_denylist in drivers/vfio/pci/vfio_pci.c).
constexpr std::array<std::uint16_t, 8> denied_intel_devices = {0x19e2, 0x19e3, 0x37c8, 0x37c9, 0x0435, 0x0443, 0x0b25, 0x0cfe};

/// One that vfio-pci holds was not refused: the host's owner forced it (disable_denylist).
bool is_denied(const PciFunction& function) {
  return !function.driver.is("vfio-pci") && function.id.vendor.is(0x8086) && function.id.device.has_value() &&
         std::ranges::find(denied_intel_devices, function.id.device.value()) != denied_intel_devices.end();
}

/// Why nobody assigns such a function; empty where there is no such reason.
std::string reason_against(const PciFunction& function) {
  if (function.is_bridge()) return "A bridge: it stays with the host, and VFIO takes only endpoints.";
  if (function.class_and_subclass() == 0x0807)
    return "An event collector: it reports the errors of functions on the root bus, and QEMU assigns only endpoints.";
  if (const auto part = chipset_part(function)) return *part + ".";
  if (is_denied(function)) return "vfio-pci refuses this device: it is on the kernel's list of devices with known flaws.";
  return {};
}

std::vector<Evidence> what_is_not_known(const PciFunction& function) {
  std::vector<Evidence> evidence;
  const auto add = [&](const std::string& attribute, const auto& observed) {
    if (!observed.has_value()) evidence.push_back({function.sysfs_path + "/" + attribute, observed.why()});
  };
  add("class", function.id.class_code);
  add("vendor", function.id.vendor);
  add("device", function.id.device);
  return evidence;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  int others = 0;
  for (const auto& function : host.all_functions()) {
    const auto reason = reason_against(function);
    // Without the class it may be a host bridge, without the ids one of the denied: neither is known from the header.
    const bool unseen = reason.empty() && (!function.id.class_code.has_value() || !function.id.vendor.has_value() ||
                                           !function.id.device.has_value());
    if (reason.empty() && !unseen) {
      ++others;
      continue;
    }
    const auto status = unseen ? Status::unknown : is_denied(function) ? Status::warn : Status::not_applicable;
    auto finding = check.finding(status, device_subject(function.address),
                                 unseen ? "What kind of function this is could not be read." : reason);
    finding.effect = unseen ? Effect::blocked : Effect::unsuitable;
    finding.evidence = {{function.sysfs_path, function.class_name.empty() ? "class not known" : function.class_name}};
    if (unseen) finding.evidence = what_is_not_known(function);
    findings.push_back(finding);
  }
  if (others > 0)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     std::to_string(others) + " functions are endpoints of a "
                                                              "kind that can be assigned."));
  return findings;
}

}  // namespace

Check function_type_check() { return check; }

}  // namespace vfio_doctor
