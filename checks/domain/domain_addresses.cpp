// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <tuple>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-addresses", "Places of its devices in the guest", 50, run};

/// Slots of the bus that a PCI controller makes, and whether an assigned function may sit there: virDomainPCIAddressBusSetModel()
/// in libvirt's src/conf/domain_addr.c (9.0 to 11.0).
struct BusModel {
  std::string_view model;
  unsigned first_slot, last_slot;
  bool takes_devices;
};
constexpr std::array bus_models = {BusModel{"pci-root", 1, 31, true},
                                   BusModel{"pcie-root", 1, 31, true},
                                   BusModel{"pci-bridge", 1, 31, true},
                                   BusModel{"dmi-to-pci-bridge", 0, 31, true},
                                   BusModel{"pcie-to-pci-bridge", 1, 31, true},
                                   BusModel{"pcie-root-port", 0, 0, true},
                                   BusModel{"pcie-switch-downstream-port", 0, 0, true},
                                   BusModel{"pcie-switch-upstream-port", 0, 31, false},
                                   BusModel{"pci-expander-bus", 0, 31, true},
                                   BusModel{"pcie-expander-bus", 0, 31, false}};

/// Buses that a controller may be plugged into (the same source: virDomainPCIControllerModelToConnectType(), and
/// virDomainPCIAddressFlagsCompatible(), by which a pci-bridge goes wherever a device goes).
struct ControllerPlace {
  std::string_view model, buses;
};
constexpr std::array controller_places = {ControllerPlace{"pcie-root-port", "pcie-root|pcie-expander-bus"},
                                          ControllerPlace{"pcie-switch-upstream-port",
                                                          "pcie-root-port|pcie-switch-downstream-port"},
                                          ControllerPlace{"pcie-switch-downstream-port", "pcie-switch-upstream-port"},
                                          ControllerPlace{"pcie-to-pci-bridge", "pcie-root-port|pcie-switch-downstream-port"},
                                          ControllerPlace{"dmi-to-pci-bridge", "pcie-root|pcie-expander-bus"},
                                          ControllerPlace{"pci-expander-bus", "pci-root"},
                                          ControllerPlace{"pcie-expander-bus", "pcie-root"}};

struct Placed {
  const GuestAddress* address;
  std::size_t line;
  bool assigned;           ///< a function of the host, or a part of one
  std::string_view model;  ///< of a PCI controller
  std::string_view kind;
  bool by_qemu;  ///< QEMU itself places it, by its command line, and not libvirt
};

using Slot = std::tuple<std::uint64_t, std::uint64_t, unsigned>;
Slot slot_of(const GuestAddress& address) { return {address.domain, address.bus, address.slot}; }

const BusModel* model_of_bus(const Domain& domain, std::uint64_t bus) {
  std::string_view model;
  for (const auto& device : domain.guest_devices)
    if (device.index && *device.index == bus) model = device.model;
  if (model.empty() && bus == 0 && domain.is_q35()) model = "pcie-root";
  if (model.empty() && bus == 0 && domain.is_i440fx()) model = "pci-root";
  const auto found = std::ranges::find(bus_models, model, &BusModel::model);
  return found == bus_models.end() ? nullptr : &*found;
}

/// Whether its root bus is that of a PC, which has devices of its own: not that of Arm's virt, of pSeries or of an s390x. Where no
/// machine is named the root's model is taken for a PC's.
bool is_pc(const Domain& domain) {
  if (!domain.machine.empty()) return domain.is_q35() || domain.is_i440fx();
  return domain.architecture.empty() || domain.architecture == "x86_64" || domain.architecture == "i686";
}

/// q35: ISA bridge, SATA and SMBus at 1f.0, .2 and .3; i440fx: ISA, IDE and USB at 1.0 to 1.2 (libvirt,
/// qemuDomainValidateDevicePCISlotsQ35() and ...PIIX3()).
bool is_built_in(const Domain& domain, const BusModel& bus, const GuestAddress& address) {
  if (!is_pc(domain)) return false;
  if (bus.model == "pcie-root")
    return address.slot == 0x1f && (address.function == 0 || address.function == 2 || address.function == 3);
  return bus.model == "pci-root" && address.slot == 1 && address.function < 3;
}

/// Where function 0 is the chipset's own: the host bridge, or the ISA bridge.
bool is_slot_of_chipset(const Domain& domain, const GuestAddress& address) {
  if (address.bus != 0) return false;
  const auto* bus = model_of_bus(domain, 0);
  if (address.slot == 0) return true;
  return bus && is_pc(domain) &&
         ((bus->model == "pcie-root" && address.slot == 0x1f) || (bus->model == "pci-root" && address.slot == 1));
}

std::vector<Placed> placed_in(const Domain& domain) {
  std::vector<Placed> all;
  const bool all_by_qemu = domain.form == Domain::Form::command_line;
  for (const auto& device : domain.guest_devices)
    if (device.address.placed)
      all.push_back({&device.address, device.line, device.kind == "hostdev", device.index ? std::string_view(device.model) : "",
                     device.kind == "controller" ? device.model : device.kind, all_by_qemu});
  for (const auto& device : domain.hostdevs)
    if (device.address.placed)
      all.push_back({&device.address, device.line, true, {}, "vfio-pci", device.origin == DomainHostdev::Origin::command_line});
  if (all_by_qemu) std::ranges::stable_sort(all, {}, &Placed::line);  // QEMU takes them in their order
  return all;
}

/// libvirt goes on to say what the device wants, which rests on how much of its configuration space it could read.
std::string plugged_wrong(const GuestAddress& address) {
  return "The device at PCI address " + address.text() + " cannot be plugged into the PCI controller with index='" +
         std::to_string(address.bus) + "'.";
}

/// QEMU's words; without the names where `user` is empty.
std::string in_use(const Placed& one, std::string_view user) {
  const auto start = "PCI: slot " + std::to_string(one.address->slot) + " function " + std::to_string(one.address->function) +
                     " not available for ";
  return user.empty() ? start : start + std::string(one.kind) + ", in use by " + std::string(user);
}

/// What QEMU itself refuses, tried with 7.2: of the buses it cares only for what is on them already. Behind a port there is one
/// slot, and a kernel looks at no other (Linux, drivers/pci/probe.c, only_one_child()).
void judge_place_by_qemu(const DomainCase& here, const Placed& one, std::vector<Finding>& findings) {
  const auto& address = *one.address;
  const auto add = [&](const std::string& summary, const std::string& words) {
    findings.push_back(check.at_line(Status::fail, here, one.line, summary, words));
  };
  const auto* bus = model_of_bus(here.domain, address.bus);
  if (!bus) return;
  const bool express = bus->model == "pcie-root", conventional = bus->model == "pci-root";
  if (bus->last_slot == 0 && address.slot > 0)
    add("Behind a port there is slot 0 only: the machine starts, but its guest does not look further and never finds it.", {});
  if (address.bus != 0) return;
  if (address.slot == 0 && (express || conventional))
    add("Slot 0 of the first bus is the host bridge's.",
        address.function == 0
            ? in_use(one, express ? "mch" : "i440FX")
            : "PCI: single function device can't be populated in function 0." + std::to_string(address.function));
  if (express && is_built_in(here.domain, *bus, address))
    add("q35 has its own ISA bridge, SATA controller and SMBus at 00:1f.", in_use(one, address.function == 0   ? "ICH9-LPC"
                                                                                       : address.function == 2 ? "ich9-ahci"
                                                                                                               : "ICH9-SMB"));
  if (conventional && is_pc(here.domain) && address.slot == 1 && (address.function < 2 || address.function == 3))
    add("i440fx has its own ISA bridge, IDE controller and power management at 00:01.",
        in_use(one, address.function == 0   ? "PIIX3"
                    : address.function == 1 ? "piix3-ide"
                                            : "PIIX4_PM"));
}

void judge_place(const DomainCase& here, const Placed& one, std::vector<Finding>& findings) {
  const auto& address = *one.address;
  const auto add = [&](const std::string& summary, const std::string& words) {
    findings.push_back(check.at_line(Status::fail, here, one.line, summary, words));
  };
  const auto prefix = "Invalid PCI address " + address.text() + ". ";
  if (address.domain != 0) return add("A guest has PCI domain 0 only.", prefix + "Only PCI domain 0 is available");
  const auto* bus = model_of_bus(here.domain, address.bus);
  if (!bus) return;  // libvirt adds the controllers that are missing
  if (address.slot < bus->first_slot)
    add("The " + std::string(bus->model) + " that makes bus " + std::to_string(address.bus) + " keeps slot 0 for itself.",
        prefix + "slot must be >= " + std::to_string(bus->first_slot));
  if (address.slot > bus->last_slot)
    add("The " + std::string(bus->model) + " that makes bus " + std::to_string(address.bus) + " has slot 0 only.",
        prefix + "slot must be <= " + std::to_string(bus->last_slot));
  if (one.assigned && !bus->takes_devices)
    add("A device cannot sit on a " + std::string(bus->model) + " directly.", plugged_wrong(address));
  const auto place = std::ranges::find(controller_places, one.model, &ControllerPlace::model);
  if (place != controller_places.end() && !one.model.empty() && !is_among(bus->model, place->buses))
    add("A " + std::string(one.model) + " cannot sit on a " + std::string(bus->model) + ".", plugged_wrong(address));
  if ((one.assigned || !one.model.empty()) && address.bus == 0 && is_built_in(here.domain, *bus, address))
    add(bus->model == "pcie-root" ? "q35 has its own ISA bridge, SATA controller and SMBus at 00:1f."
                                  : "i440fx has its own ISA bridge, IDE and USB controllers at 00:01.",
        "Attempted double use of PCI Address " + address.text());
}

void judge_double_use(const DomainCase& here, const std::vector<Placed>& all, std::vector<Finding>& findings) {
  std::map<std::pair<Slot, unsigned>, const Placed*> lines;
  for (const auto& one : all) {
    const auto [first, is_new] = lines.emplace(std::pair(slot_of(*one.address), one.address->function), &one);
    if (is_new) continue;
    const auto& other = *first->second;
    const bool in_order = other.line != one.line;  // else nobody knows here which of them QEMU meets first
    findings.push_back(check.at_line(Status::fail, here, one.line,
                                     "Two devices have the same place in the guest; the other one " +
                                         (other.line == 0 ? "is the " + std::string(other.kind) +
                                                                " that QEMU adds by itself (not with -nodefaults)."
                                                          : "stands in line " + std::to_string(other.line) + "."),
                                     !one.by_qemu ? "Attempted double use of PCI Address " + one.address->text()
                                                  : in_use(one, in_order ? other.kind : std::string_view())));
  }
}

/// libvirt switches multifunction on by itself where nothing is said, but not where it is off; and a guest looks no further
/// where function 0 does not answer.
void judge_functions(const DomainCase& here, const std::vector<Placed>& all, std::vector<Finding>& findings) {
  std::map<Slot, const Placed*> zeros;
  for (const auto& one : all)
    if (one.address->function == 0) zeros.emplace(slot_of(*one.address), &one);
  for (const auto& one : all) {
    if (one.address->function == 0 || !one.assigned || is_slot_of_chipset(here.domain, *one.address)) continue;
    const auto zero = zeros.find(slot_of(*one.address));
    const auto number = hex_text(one.address->slot, 1) + "." + std::to_string(one.address->function);
    if (zero == zeros.end())
      findings.push_back(check.at_line(Status::fail, here, one.line,
                                       "It sits at function " + std::to_string(one.address->function) +
                                           " of a slot without function 0: "
                                           "the domain starts, but its guest does not look further and never finds it."));
    else if (const auto& multifunction = zero->second->address->multifunction;
             multifunction == "off" || (zero->second->by_qemu && !is_among(multifunction, "on|yes|true|y")))
      findings.push_back(check.at_line(Status::fail, here, one.line,
                                       "Function 0 of its slot, in line " + std::to_string(zero->second->line) +
                                           (zero->second->by_qemu ? ", lacks multifunction=on." : ", has multifunction='off'."),
                                       "PCI: single function device can't be populated in function " + number));
  }
}

std::vector<Finding> run(const DomainCase& here) {
  if (!here.domain.is_for_qemu() || (here.domain.hostdevs.empty() && here.domain.mdevs.empty() && here.domain.networks.empty()))
    return {};
  const auto all = placed_in(here.domain);
  std::vector<Finding> findings;
  for (const auto& one : all)
    if (one.by_qemu && (one.assigned || !one.model.empty()))
      judge_place_by_qemu(here, one, findings);
    else if (one.assigned || !one.model.empty())
      judge_place(here, one, findings);
  judge_double_use(here, all, findings);
  judge_functions(here, all, findings);
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, here,
                                     all.empty() ? here.domain.form == Domain::Form::command_line
                                                       ? "It leaves the places to QEMU."
                                                       : "It leaves the places to libvirt."
                                                 : "No two devices have the same place, and each place is possible."));
  return findings;
}

}  // namespace

DomainCheck domain_addresses_check() { return check; }

}  // namespace vfio_doctor
