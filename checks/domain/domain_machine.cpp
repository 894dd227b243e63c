// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <optional>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-machine", "PCI Express in the guest", 60, run};

/// By the function's own capability, where that was read, else by the port above it: below a root port or the downstream port of a
/// switch there is Express and nothing else (PCI Express Base Specification, 1.3). Nothing where neither tells.
std::optional<bool> is_express(const Host& host, const PciFunction& function) {
  if (const auto* type = function.config.pcie_type.get())
    return *type == PcieType::endpoint || *type == PcieType::legacy_endpoint;
  const auto* above = function.parent ? host.find(*function.parent) : nullptr;
  const auto* type = above ? above->config.pcie_type.get() : nullptr;
  if (!type) return std::nullopt;
  if (*type == PcieType::root_port || *type == PcieType::downstream_port) return true;
  return *type == PcieType::pcie_to_pci_bridge || *type == PcieType::conventional ? std::optional(false) : std::nullopt;
}

/// Integrated graphics of Intel in legacy mode wants i440fx (QEMU, docs/igd-assign.txt).
bool is_intel_graphics(const PciFunction& function) {
  return function.id.vendor.is(0x8086) && function.address.bus == 0 && function.class_and_subclass().value_or(0) >> 8 == 3;
}

std::string_view model_of_bus(const Domain& domain, std::uint64_t bus) {
  for (const auto& device : domain.guest_devices)
    if (device.index && *device.index == bus) return device.model;
  return {};
}

bool is_conventional(std::string_view model) {
  return model == "pci-bridge" || model == "pcie-to-pci-bridge" || model == "dmi-to-pci-bridge";
}

Finding no_express_machine(const DomainCase& here, const DomainHostdev& device) {
  auto finding = check.at_line(Status::warn, here, here.domain.os_line != 0 ? here.domain.os_line : device.line,
                               "The machine type " + here.domain.machine.substr(0, 60) + " has no PCI Express, and " +
                                   device.source.text() +
                                   " is an Express device: its guest sees a conventional one, which some "
                                   "drivers refuse (Windows: Code 10).");
  finding.remedy = {{"Make the domain anew with machine='q35'.",
                     {},
                     {},
                     "A guest that is installed already finds all its devices in other places; Windows may want to be "
                     "activated again."}};
  return finding;
}

/// This machine type alone keeps the I/O APIC in QEMU unless told otherwise (default_kernel_irqchip_split in hw/i386/pc_q35.c; 4.0.1
/// and 4.1 took that back).
Finding split_io_apic(const DomainCase& here) {
  auto finding = check.at_line(Status::warn, here, here.domain.os_line,
                               "The machine type pc-q35-4.0 keeps the I/O APIC in QEMU, as no other does: devices that use "
                               "interrupt lines are slow with it, and NVIDIA's drivers fail (Windows: Code 43).");
  finding.remedy = {{"Write <ioapic driver='kvm'/> in <features>, or take a newer machine type.", {}, {}, {}}};
  return finding;
}

Finding conventional_bus(const DomainCase& here, const DomainHostdev& device, std::string_view model) {
  return check.at_line(Status::warn, here, device.line,
                       device.source.text() + " is an Express device on a conventional bus (" + std::string(model) +
                           "): QEMU hides its Express capability, and some drivers refuse it then (Windows: Code 10).");
}

/// Without pcie=1 Proxmox VE puts what it passes on a bridge of its own, on q35 too (pve-q35-4.0.cfg; PCI.pm, print_pci_addr()).
Finding without_pcie(const DomainCase& here, const DomainHostdev& device) {
  auto finding = conventional_bus(here, device, "without pcie=1");
  finding.remedy = {
      {"Write pcie=1 in this hostpciN.", {}, {}, "A guest that is installed finds the device in another place then."}};
  return finding;
}

Finding not_known(const DomainCase& here, const DomainHostdev& device, const PciFunction& function, const std::string& place) {
  auto finding = check.at_line(Status::unknown, here, device.line,
                               device.source.text() + " meets no PCI Express in the guest (" + place +
                                   "); whether it is an Express device could not be read (that is behind the first 64 bytes of "
                                   "its configuration space, which root may read).");
  finding.evidence.push_back({function.sysfs_path + "/config", function.config.pcie_type.why()});
  return finding;
}

/// Only a place without Express raises the question.
void judge(const DomainCase& here, const DomainHostdev& device, const PciFunction& function, std::vector<Finding>& findings) {
  if (!device.reaches_guest || is_intel_graphics(function)) return;
  const bool display = function.class_and_subclass().value_or(0) >> 8 == 3, proxmox = here.domain.form == Domain::Form::proxmox;
  const auto express = is_express(here.host, function);
  // Proxmox's own choice is a place without Express, where all but drivers of graphics cards are content.
  if (proxmox && !display) return;
  if (device.on_conventional_bus && express.value_or(display)) findings.push_back(without_pcie(here, device));
  if (here.domain.is_i440fx()) {
    if (express.value_or(display))
      findings.push_back(no_express_machine(here, device));
    else if (!express)
      findings.push_back(
          not_known(here, device, function, "the machine type " + here.domain.machine.substr(0, 60) + " has none"));
    return;
  }
  const auto model = device.address.placed ? model_of_bus(here.domain, device.address.bus) : std::string_view();
  if (!is_conventional(model)) return;
  if (express.value_or(false))
    findings.push_back(conventional_bus(here, device, model));
  else if (!express)
    findings.push_back(not_known(here, device, function, "a " + std::string(model)));
}

std::vector<Finding> run(const DomainCase& here) {
  if (!here.domain.is_for_qemu() || here.domain.hostdevs.empty()) return {};
  std::vector<Finding> findings;
  for (const auto& device : here.domain.hostdevs)
    if (const auto* function = here.host.find(device.source)) judge(here, device, *function, findings);
  if (here.domain.machine == "pc-q35-4.0" && here.domain.io_apic.empty()) findings.push_back(split_io_apic(here));
  // One function of a card that is known to lose Express says it all.
  if (std::ranges::any_of(findings, [](const Finding& one) { return one.status == Status::warn; }))
    std::erase_if(findings, [](const Finding& one) { return one.status == Status::unknown; });
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, here,
                                     here.domain.form == Domain::Form::proxmox
                                         ? "No graphics card that it takes stands where the guest has no Express."
                                         : "Its Express devices meet Express in the guest, as far as the text says where."));
  return findings;
}

}  // namespace

DomainCheck domain_machine_check() { return check; }

}  // namespace vfio_doctor
