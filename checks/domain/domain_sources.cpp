// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-sources", "What the domain takes from the host", 10, run};

/// What says so when the guest starts; behind a line end another version.
std::string words_of_missing(const DomainCase& here, const DomainHostdev& device) {
  const auto address = device.source.text();
  if (device.origin == DomainHostdev::Origin::command_line) return "no such host device: No such file or directory";
  if (here.domain.form == Domain::Form::proxmox) return "no PCI device found for '" + address + "'";
  return "Device " + address + " not found: could not access /sys/bus/pci/devices/" + address +
         "/config\nAn error occurred, but the cause is unknown";
}

Finding not_there(const DomainCase& here, const DomainHostdev& device) {
  const auto address = device.source.text();
  auto finding = check.at_line(Status::fail, here, device.line, "It takes " + address + ", but this host has no such function.",
                               words_of_missing(here, device));
  finding.evidence.push_back({"/sys/bus/pci/devices", "no " + address});
  finding.remedy = {
      {"Look the device up by its ids or name: addresses move when a card is added, taken out or switched off in "
       "the firmware's setup.",
       {"lspci -Dnn"},
       {},
       {}}};
  return finding;
}

/// What libvirt compares when it defines a domain (virDomainHostdevFind): disks are none of it.
bool is_defined(const DomainHostdev& device) {
  return device.origin == DomainHostdev::Origin::hostdev || device.origin == DomainHostdev::Origin::interface;
}

/// PCI.pm, choose_hostpci_devices(), of Proxmox VE; hw/vfio/pci.c of QEMU; virDomainDefHostdevValidate() and
/// virPCIDeviceListAdd() of libvirt.
std::string words_of_twice(const Domain& domain, const DomainHostdev& first, const DomainHostdev& second) {
  const auto address = first.source.text();
  if (domain.form == Domain::Form::proxmox) return "device '" + address + "' assigned more than once";
  if (domain.form == Domain::Form::command_line) return "device is already attached";
  return domain.is_for_qemu() && is_defined(first) && is_defined(second) ? "Hostdev already exists in the domain configuration"
                                                                         : "Device " + address + " is already in use";
}

Finding twice(const DomainCase& here, const DomainHostdev& first, const DomainHostdev& second) {
  const auto address = first.source.text();
  auto finding = check.at_line(Status::fail, here, second.line,
                               "It takes " + address + " twice, first in line " + std::to_string(first.line) + ".",
                               words_of_twice(here.domain, first, second));
  finding.remedy = {{"Take one of the two out.", {}, {}, {}}};
  return finding;
}

/// VFIO has the region of VGA for class 0300 alone, and not with disable_vga (drivers/vfio/pci/vfio_pci_core.c, vfio_pci_core_enable()).
void add_no_vga(const DomainCase& here, const DomainHostdev& device, std::vector<Finding>& findings) {
  const auto* function = device.legacy_vga ? here.host.find(device.source) : nullptr;
  const auto kind = function ? function->class_and_subclass() : std::nullopt;
  const bool is_other = kind && *kind != 0x0300;
  if (!function || (!is_other && !here.around.vga_disabled.is(true))) return;
  const auto why = is_other ? " is no VGA controller" : " is one, but vfio-pci was loaded with disable_vga";
  findings.push_back(
      check.at_line(Status::fail, here, device.line,
                    "x-vga wants a VGA controller, and " + device.source.text() + why + ": QEMU does not start with it.",
                    "device does not support requested feature x-vga"));
  findings.back().evidence.push_back(is_other ? Evidence{"class of " + device.source.text(), hex_text(*kind, 4)}
                                              : Evidence{"/sys/module/vfio_pci/parameters/disable_vga", "Y"});
  findings.back().remedy = {{"Take x-vga out: a guest that starts by UEFI does not need it.", {}, {}, {}}};
}

/// "It takes the controller, and opens the disk on it."
void add_gone(const DomainCase& here, const DomainOpens& opened, const std::map<PciAddress, const DomainHostdev*>& taken,
              std::vector<Finding>& findings) {
  const auto carriers = here.around.carriers.find(opened.path);
  if (carriers == here.around.carriers.end()) return;
  const auto gone = std::ranges::find_if(carriers->second, [&taken](const PciAddress& one) { return taken.contains(one); });
  if (gone == carriers->second.end()) return;
  const auto name = opened.path.substr(0, 120);
  findings.push_back(check.at_line(Status::fail, here, opened.line,
                                   "The " + opened.what + " " + name + " stands on " + gone->text() +
                                       ", which it takes as well: it is gone from the host when QEMU opens it.",
                                   name.starts_with("/") ? "Could not open '" + name + "': No such file or directory" : ""));
  findings.back().evidence.push_back({name, gone->text()});
  findings.back().remedy = {{"Take one of the two out: with the function the guest gets what hangs on it.", {}, {}, {}}};
}

std::vector<Finding> run(const DomainCase& here) {
  const auto& domain = here.domain;
  std::vector<Finding> findings;
  for (const auto& fault : domain.faults)
    findings.push_back(check.at_line(Status::fail, here, fault.line, fault.what, fault.words));
  for (const auto& open : domain.unresolved) {
    findings.push_back(check.at_line(Status::unknown, here, open.line, open.what, open.words));
    findings.back().effect = Effect::blocked;
  }
  std::map<PciAddress, const DomainHostdev*> taken;
  for (const auto& device : domain.hostdevs) {
    const auto [first, is_new] = taken.emplace(device.source, &device);
    if (!is_new) findings.push_back(twice(here, *first->second, device));
    if (is_new) add_no_vga(here, device, findings);
    if (!is_new || here.host.find(device.source)) continue;
    if (here.host.functions.has_value()) {
      findings.push_back(not_there(here, device));
    } else {
      findings.push_back(check.at_line(Status::unknown, here, device.line,
                                       "Whether the host has " + device.source.text() + " could not be seen."));
      findings.back().effect = Effect::blocked;
      findings.back().evidence.push_back({"/sys/bus/pci/devices", here.host.functions.why()});
    }
  }
  for (const auto& opened : domain.opens) add_gone(here, opened, taken, findings);
  if (findings.empty() && domain.hostdevs.empty())
    findings.push_back(check.finding(Status::pass, here, "It takes no PCI function from this host."));
  if (findings.empty()) {
    findings.push_back(check.finding(Status::pass, here, "Each function that it takes is there, and taken once."));
    for (const auto& [address, device] : taken)
      findings.back().evidence.push_back({domain.file, "line " + std::to_string(device->line) + ": " + address.text()});
  }
  return findings;
}

}  // namespace

DomainCheck domain_sources_check() { return check; }

}  // namespace vfio_doctor
