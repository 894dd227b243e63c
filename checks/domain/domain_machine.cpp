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

/// i440fx: "pc", "pc-i440fx-8.2".
bool has_no_express(const std::string& machine) {
  return machine == "pc" || machine.starts_with("pc-i440fx") || machine.starts_with("pc-0.") || machine.starts_with("pc-1.");
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

void judge(const DomainCase& here, const DomainHostdev& device, const PciFunction& function, std::vector<Finding>& findings) {
  if (!device.reaches_guest || is_intel_graphics(function)) return;
  const bool display = function.class_and_subclass().value_or(0) >> 8 == 3;
  const auto express = is_express(here.host, function);
  if (has_no_express(here.domain.machine) && express.value_or(display)) {
    findings.push_back(check.at_line(Status::warn, here, here.domain.os_line,
                                     "The machine type " + here.domain.machine.substr(0, 60) + " has no PCI Express, and " +
                                         device.source.text() +
                                         " is an Express device: its guest sees a conventional one, which some "
                                         "drivers refuse (Windows: Code 10)."));
    findings.back().remedy = {
        {"Make the domain anew with machine='q35'.",
         {},
         {},
         "A guest that is installed already finds all its devices in other places; Windows may want to be "
         "activated again."}};
    return;
  }
  if (!device.address.placed || !express.value_or(false)) return;
  const auto model = model_of_bus(here.domain, device.address.bus);
  if (model == "pci-bridge" || model == "pcie-to-pci-bridge" || model == "dmi-to-pci-bridge")
    findings.push_back(
        check.at_line(Status::warn, here, device.line,
                      device.source.text() + " is an Express device on a conventional bus (" + std::string(model) +
                          "): QEMU hides its Express capability, and some drivers refuse it then (Windows: Code 10)."));
}

std::vector<Finding> run(const DomainCase& here) {
  if (!here.domain.is_for_qemu()) return {};
  std::vector<Finding> findings;
  bool known = false;
  for (const auto& device : here.domain.hostdevs)
    if (const auto* function = here.host.find(device.source)) {
      known = known || is_express(here.host, *function).has_value();
      judge(here, device, *function, findings);
    }
  if (!findings.empty() || here.domain.hostdevs.empty()) return findings;
  if (known)
    return {check.finding(Status::pass, here, "Its Express devices meet Express in the guest, as far as the text says where.")};
  auto finding = check.finding(Status::unknown, here,
                               "Whether its devices are Express ones could not be read (that is behind the first 64 "
                               "bytes of their configuration space, which root may read).");
  for (const auto& device : here.domain.hostdevs) {
    const auto* function = here.host.find(device.source);
    finding.evidence.push_back({function ? function->sysfs_path + "/config" : "/sys/bus/pci/devices",
                                function ? function->config.pcie_type.why() : "no " + device.source.text() + " to be seen"});
  }
  return {finding};
}

}  // namespace

DomainCheck domain_machine_check() { return check; }

}  // namespace vfio_doctor
