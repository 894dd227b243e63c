// SPDX-License-Identifier: GPL-2.0-or-later
// Tried with libvirt 9.0: virNetDevVlanParse(), virMacAddrParse(), qemuValidateDomainDeviceDefControllerPCI() and the words that they say.
#include "facts/domain/definition_parts.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>

#include "base/text.hpp"
#include "facts/domain/libvirt_numbers.hpp"
#include "facts/domain/pci_controllers.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_shown = 40;

std::string shown(const char* value) { return std::string(value).substr(0, most_shown); }

std::string wrong_value(const char* element, const char* attribute, const std::string& value) {
  return "Invalid value for attribute '" + std::string(attribute) + "' in element '" + element + "': '" + value + "'.";
}

/// Six bytes in hexadecimal digits between colons; the first, or nothing where it is no such address.
std::optional<std::uint64_t> first_byte_of_mac(std::string_view text) {
  const auto parts = split(text, ':');
  if (parts.size() != 6) return std::nullopt;
  for (const auto part : parts)
    if (const auto byte = parse_unsigned(part, 16); !byte || *byte > 0xff || part.find_first_of("xX") != part.npos)
      return std::nullopt;
  return parse_unsigned(parts.front(), 16);
}

void read_mac(pugi::xml_node mac, const Refuse& refuse) {
  const auto address = mac.attribute("address");
  if (!address) return;
  const auto first = first_byte_of_mac(address.value());
  if (!first)
    refuse(mac, "'" + shown(address.value()) + "' is no MAC address.",
           "unable to parse mac address '" + shown(address.value()) + "'");
  else if ((*first & 1) != 0)
    refuse(mac, "The MAC address " + shown(address.value()) + " is one for groups.",
           "expected unicast mac address, found multicast '" + shown(address.value()) + "'");
}

void read_tag(pugi::xml_node tag, const Refuse& refuse) {
  const auto id = tag.attribute("id");
  const auto number = parse_unsigned(id.value());
  if (!id)
    refuse(tag, "A VLAN tag has no id=.", "Missing required attribute 'id' in element 'tag'");
  else if (!number)
    refuse(tag, "'" + shown(id.value()) + "' is no id of a VLAN.", wrong_value("tag", "id", shown(id.value())));
  else if (*number > 4095)
    refuse(tag, "A VLAN has an id up to 4095.", "vlan tag id " + std::to_string(*number) + " too large (maximum 4095)");
}

void read_vlan(pugi::xml_node vlan, const Refuse& refuse) {
  std::size_t tags = 0;
  for (const auto tag : vlan.children("tag")) read_tag(tag, refuse), ++tags;
  const auto trunk = vlan.attribute("trunk");
  const auto words = "invalid \"trunk='" + shown(trunk.value()) + "'\" in <vlan> - ";
  if (tags == 0)
    refuse(vlan, "A <vlan> has no <tag>.", "missing tag id - each <vlan> must have at least one <tag id='n'/> subelement");
  if (trunk && !is_among(trunk.value(), "yes|no"))
    refuse(vlan, "<vlan> knows no trunk='" + shown(trunk.value()) + "', but yes, no.", words + "must be yes or no");
  else if (std::string_view(trunk.value()) == "no" && tags > 1)
    refuse(vlan, "Several VLANs are a trunk.", words + "trunk='yes' is required for more than one vlan tag");
}

/// A number of <target>, and the controllers that have it.
struct TargetNumber {
  const char* attribute;
  std::uint64_t least, most;
  std::string_view models;
  const char* called;  ///< by libvirt, in what it says
};
constexpr std::string_view ports = "pcie-root-port|pcie-switch-downstream-port",
                           expanders = "pci-expander-bus|pcie-expander-bus";
constexpr std::array target_numbers = {TargetNumber{"chassisNr", 0, 255, "pci-bridge", "chassisNr"},
                                       TargetNumber{"chassis", 0, 255, ports, "chassis"},
                                       TargetNumber{"port", 0, 255, ports, "port"},
                                       TargetNumber{"busNr", 1, 254, expanders, "busNr"},
                                       TargetNumber{"index", 0, 30, "pci-root", "targetIndex"}};

void read_target(pugi::xml_node target, const std::string& model, const std::string& which, const Refuse& refuse) {
  for (const auto& rule : target_numbers) {
    const auto attribute = target.attribute(rule.attribute);
    if (!attribute) continue;
    const auto value = shown(attribute.value());
    const auto number = libvirt_number(attribute.value());
    const std::string name = rule.attribute;
    if (!number || *number > 0x7fffffff)
      refuse(target, "<target> wants a number as " + name + "=, not '" + value + "'.",
             wrong_value("target", rule.attribute, value));
    else if (!is_among(model, rule.models))
      refuse(target, "A " + model + " has no " + name + "=.",
             "Option '" + std::string(rule.called) + "' is not valid for PCI controller with " + which);
    else if (*number < rule.least || *number > rule.most)
      refuse(target,
             "<target " + name + "=> goes from " + std::to_string(rule.least) + " to " + std::to_string(rule.most) + ".",
             "PCI controller " + (name == "index" ? "target index" : name) + " '" + std::to_string(*number) +
                 "' out of range - must be " + std::to_string(rule.least) + "-" + std::to_string(rule.most));
  }
  if (const auto hotplug = target.attribute("hotplug"); hotplug && !is_among(hotplug.value(), "on|off"))
    refuse(target, "<target> knows no hotplug='" + shown(hotplug.value()) + "', but on, off.",
           wrong_value("target", "hotplug", shown(hotplug.value())));
}

/// virDomainIOMMUDefValidate() and, for the bus, virDomainPCIAddressFlagsCompatible().
void read_iommu_place(pugi::xml_node iommu, const Refuse& refuse) {
  const std::string model = shown(iommu.attribute("model").value());
  const auto place = iommu.child("address");
  const std::string_view type = place.attribute("type").value();
  if (type.empty()) return;
  const auto number = [&place](const char* key) { return libvirt_number(place.attribute(key).value()).value_or(0); };
  if (model == "intel" || model == "smmuv3")
    refuse(iommu, "An IOMMU of the model " + model + " is no PCI device: it has no <address>.",
           "iommu model '" + model + "' can't have address");
  else if (model == "virtio" && type != "pci")
    refuse(iommu, "A virtio IOMMU is a PCI device.", "IOMMU device: 'virtio' needs a PCI address");
  else if (model == "virtio" && number("bus") != 0)
    refuse(iommu, "A virtio IOMMU sits on bus 0.", "needs to be an integrated device (bus=0)");
}

/// virDomainFeaturesHyperVDefParse(): guides hide a hypervisor with words of their own.
void read_vendor(pugi::xml_node vendor, const Refuse& refuse) {
  if (std::string_view(vendor.attribute("state").value()) != "on") return;
  const auto value = vendor.attribute("value");
  const std::string_view text = value.value();
  if (!value)
    refuse(vendor, "<vendor_id> has no value=.", "missing 'value' attribute for HyperV feature 'vendor_id'");
  else if (text.size() > 12)
    refuse(vendor, "A <vendor_id> has 12 characters at most.", "HyperV vendor_id value must not be more than 12 characters.");
  else if (text.find(',') != text.npos)
    refuse(vendor, "A <vendor_id> has no comma.", "HyperV vendor_id value is invalid");
}

}  // namespace

void read_interface_parts(pugi::xml_node interface, const Refuse& refuse) {
  for (const auto mac : interface.children("mac")) read_mac(mac, refuse);
  for (const auto vlan : interface.children("vlan")) read_vlan(vlan, refuse);
  const bool is_function = std::string_view(interface.attribute("type").value()) == "hostdev";
  if (is_function && interface.child("source").attribute("writeFiltering"))
    refuse(interface, "QEMU does not filter what a guest writes to configuration space.",
           "Write filtering of PCI device configuration space is not supported by qemu");
  if (is_function && interface.child("bandwidth"))
    refuse(interface.child("bandwidth"), "libvirt cannot bound the bandwidth of a function that a guest gets.",
           "bandwidth settings are not supported for hostdev interfaces");
  if (const auto teaming = interface.child("teaming"); is_function && teaming) {
    const bool is_transient = std::string_view(teaming.attribute("type").value()) == "transient";
    if (is_transient && !teaming.attribute("persistent"))
      refuse(teaming, "<teaming> does not name its other half.",
             "teaming persistent attribute must be set if teaming type is 'transient'");
    if (!is_transient && teaming.attribute("persistent"))
      refuse(teaming, "Only the transient half of a team names the other one.",
             "teaming persistent attribute not allowed if teaming type is '" + shown(teaming.attribute("type").value()) + "'");
  }
  if (is_function && interface.child("mtu"))
    refuse(interface.child("mtu"), "The MTU of a function that a guest gets is the guest's to set.",
           "setting MTU on interface type hostdev is not supported yet");
}

void read_iommus(pugi::xml_node devices, const Refuse& refuse) {
  // libvirt 11.10 takes several of Arm's, each for a bus of its own (<driver pciBus=>); every other guest has one.
  const auto second = devices.child("iommu").next_sibling("iommu");
  std::set<std::uint64_t> buses;
  for (const auto iommu : devices.children("iommu")) {
    const auto bus = libvirt_number(iommu.child("driver").attribute("pciBus").value());
    if (!second || (std::string_view(iommu.attribute("model").value()) == "smmuv3" && bus && buses.insert(*bus).second))
      continue;
    refuse(second, "A guest has one IOMMU at most, but for SMMUv3s that stand each at a bus of its own (pciBus=).",
           "only a single IOMMU device is supported");
    break;
  }
  for (const auto iommu : devices.children("iommu")) read_iommu_place(iommu, refuse);
}

void read_features(pugi::xml_node domain, const Refuse& refuse) {
  const auto features = domain.child("features"), chip = features.child("ioapic");
  const auto driver = chip.attribute("driver");
  if (driver && !is_among(driver.value(), "qemu|kvm"))
    refuse(chip, "<ioapic> knows no driver='" + shown(driver.value()) + "', but qemu, kvm.",
           wrong_value("ioapic", "driver", shown(driver.value())));
  read_vendor(features.child("hyperv").child("vendor_id"), refuse);
  if (!features || features.child("acpi")) return;
  for (const auto iommu : domain.child("devices").children("iommu"))
    if (std::string_view(iommu.attribute("model").value()) == "virtio")
      refuse(iommu, "A guest finds a virtio IOMMU by ACPI: <features> lacks <acpi/>.", "IOMMU device: 'virtio' requires ACPI");
}

void read_controller_parts(pugi::xml_node controller, const Refuse& refuse) {
  const std::string model = controller.attribute("model").value();
  const auto which = "index '" + shown(controller.attribute("index").value()) + "', model '" + model + "'";
  for (const auto target : controller.children("target")) read_target(target, model, which, refuse);
  const auto name = controller.child("model").attribute("name");
  if (!name) return;
  const auto is_named = [&name](const PciController& row) { return row.driver == name.value(); };
  const auto is_model = [&model](const PciController& row) { return row.model == model; };
  if (std::ranges::none_of(pci_controllers, is_named) && std::string_view(name.value()) != "spapr-pci-host-bridge")
    refuse(controller, "libvirt knows no controller of QEMU's named '" + shown(name.value()) + "'.",
           wrong_value("model", "name", shown(name.value())));
  else if (std::ranges::any_of(pci_controllers, is_model) &&
           std::ranges::none_of(pci_controllers, [&](const PciController& row) { return is_model(row) && is_named(row); }))
    refuse(controller, "A " + model + " is no " + shown(name.value()) + ".",
           "Option 'modelName' has invalid value for PCI controller with " + which);
}

}  // namespace vfio_doctor
