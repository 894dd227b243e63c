// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/id_override.hpp"

#include <algorithm>
#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') == name.npos ? 0 : name.find(':') + 1);
}

/// QEMU 9.2 hw/vfio/pci.c: vfio_pci_dev_properties.
std::optional<std::uint16_t>* place_of(std::string_view property, DomainHostdev& device) {
  if (property == "x-pci-vendor-id") return &device.shown_vendor_id;
  if (property == "x-pci-device-id") return &device.shown_device_id;
  if (property == "x-pci-sub-vendor-id") return &device.shown_subsystem_vendor_id;
  if (property == "x-pci-sub-device-id") return &device.shown_subsystem_device_id;
  return nullptr;
}

void set(Domain& domain, std::string_view alias, std::string_view property, std::string_view value) {
  const auto device = std::ranges::find_if(domain.hostdevs, [alias](const DomainHostdev& one) { return one.label == alias; });
  if (!alias.empty() && device != domain.hostdevs.end()) show_other_id(*device, property, value);
}

void read_override(pugi::xml_node node, Domain& domain) {
  for (const auto device : node.children())
    for (const auto side : device.children())
      for (const auto property : side.children())
        if (local_name(device) == "device" && local_name(side) == "frontend" && local_name(property) == "property")
          set(domain, device.attribute("alias").value(), property.attribute("name").value(),
              property.attribute("value").value());
}

/// "device.ua-wifi.x-pci-device-id=0x24f0"
void read_setting(std::string_view text, Domain& domain) {
  constexpr std::string_view start = "device.";
  const auto equals = text.find('=');
  const auto dot = text.substr(0, equals).rfind('.');
  if (!text.starts_with(start) || equals == text.npos || dot <= start.size() || dot == text.npos) return;
  set(domain, text.substr(start.size(), dot - start.size()), text.substr(dot + 1, equals - dot - 1), text.substr(equals + 1));
}

}  // namespace

void show_other_id(DomainHostdev& device, std::string_view property, std::string_view value) {
  const auto number = value.starts_with("0x") || value.starts_with("0X") ? parse_unsigned(value, 16) : parse_unsigned(value);
  if (property == "x-vga") device.legacy_vga = is_among(value, "on|yes|true|y");
  auto* place = place_of(property, device);
  if (place && number && *number <= 0xffff) *place = static_cast<std::uint16_t>(*number);
}

void read_id_overrides(pugi::xml_node domain_node, Domain& domain) {
  for (const auto node : domain_node.children()) {
    if (local_name(node) == "override") read_override(node, domain);
    if (local_name(node) != "commandline") continue;
    bool is_setting = false;
    for (const auto argument : node.children()) {
      const std::string_view value = argument.attribute("value").value();
      if (is_setting) read_setting(value, domain);
      is_setting = value == "-set";
    }
  }
}

}  // namespace vfio_doctor
