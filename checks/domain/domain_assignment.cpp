// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-assignment", "How its devices are assigned", 30, run};

void judge_driver(const DomainCase& here, const DomainHostdev& device, std::vector<Finding>& findings) {
  const auto add = [&](const std::string& summary, const std::string& words) {
    findings.push_back(check.at_line(Status::fail, here, device.line, summary, words));
    findings.back().remedy = {{"Take the <driver> element out: VFIO is what libvirt uses then.", {}, {}, {}}};
  };
  const auto name = device.driver.substr(0, 40);
  if (name == "kvm")
    add("It asks for KVM's own assignment, which Linux dropped in 4.12.",
        "host doesn't support legacy PCI passthrough\npci backend driver type 'kvm' is not supported");
  else if (name == "xen")
    add("It asks for Xen's driver, which QEMU does not have.",
        "Failed to load PCI stub module pciback\nFailed to load PCI driver module pciback\nQEMU does not support device "
        "assignment mode 'xen'");
  else if (!name.empty() && name != "vfio" && device.origin != DomainHostdev::Origin::disk)
    add("It asks for a driver that libvirt does not know.",
        "Invalid value for attribute 'name' in element 'driver': '" + name + "'.");
  if (device.iommufd && here.around.iommufd.is_absent()) {
    auto finding = check.at_line(here.around.complete ? Status::fail : Status::unknown, here, device.line,
                                 "It asks for iommufd, and the host has no /dev/iommu.", "Could not open '/dev/iommu'");
    finding.evidence.push_back({"/dev/iommu", "absent"});
    finding.effect = Effect::blocked;
    findings.push_back(finding);
  }
}

/// virDomainDeviceAddressType in libvirt's src/conf/device_conf.c.
bool is_known_type(const std::string& type) {
  constexpr std::array types = {"none",        "drive", "virtio-serial", "ccid", "usb", "spapr-vio",
                                "virtio-s390", "ccw",   "virtio-mmio",   "isa",  "dimm"};
  return std::ranges::find(types, type) != types.end();
}

std::vector<Finding> run(const DomainCase& here) {
  if (!here.domain.is_for_qemu()) return {};
  std::vector<Finding> findings;
  for (const auto& device : here.domain.hostdevs) {
    if (device.mode == "capabilities")
      findings.push_back(
          check.at_line(Status::fail, here, device.line,
                        "A PCI device is assigned with mode='subsystem', not '" + device.mode.substr(0, 40) + "'.",
                        "unknown host device source address type 'pci'\nInvalid value for attribute 'type' in element "
                        "'hostdev': "
                        "'pci'."));
    if (!device.address.type.empty() && device.address.type != "pci" && device.address.type != "unassigned")
      findings.push_back(check.at_line(Status::fail, here, device.line,
                                       "Its place in the guest is of type '" + device.address.type.substr(0, 40) + "'.",
                                       is_known_type(device.address.type)
                                           ? "PCI host devices must use 'pci' or 'unassigned' address type"
                                           : "unknown address type '" + device.address.type.substr(0, 40) +
                                                 "'\nInvalid value for attribute 'type' in element 'address': '" +
                                                 device.address.type.substr(0, 40) + "'."));
    if (device.startup_policy)
      findings.push_back(check.at_line(Status::fail, here, device.line, "A PCI device has a startupPolicy.",
                                       "Setting startupPolicy is only allowed for USB devices"));
    judge_driver(here, device, findings);
  }
  if (findings.empty() && !here.domain.hostdevs.empty())
    findings.push_back(check.finding(Status::pass, here, "Each is assigned in a way that libvirt and QEMU take."));
  return findings;
}

}  // namespace

DomainCheck domain_assignment_check() { return check; }

}  // namespace vfio_doctor
