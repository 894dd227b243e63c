// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/xml_parts.hpp"

#include "base/text.hpp"
#include "facts/domain/libvirt_numbers.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view qemu_namespace = "http://libvirt.org/schemas/domain/qemu/1.0";

}  // namespace

std::string_view local_name(std::string_view name) {
  const auto colon = name.find(':');
  return colon == name.npos ? name : name.substr(colon + 1);
}

bool is_of_qemu(pugi::xml_node node) {
  const std::string name = node.name();
  const auto colon = name.find(':');
  const auto key = colon == name.npos ? std::string("xmlns") : "xmlns:" + name.substr(0, colon);
  for (auto above = node; above; above = above.parent())
    if (const auto declared = above.attribute(key.c_str())) return declared.value() == qemu_namespace;
  return name.starts_with("qemu:");
}

std::optional<std::uint64_t> bytes_of(pugi::xml_node node) {
  return node ? libvirt_bytes(node.child_value(), node.attribute("unit").value()) : std::nullopt;
}

std::string comment_of(pugi::xml_node node) {
  std::string text;
  for (auto before = node.previous_sibling(); before && before.type() != pugi::node_element; before = before.previous_sibling())
    if (before.type() == pugi::node_comment) text += std::string(before.value()) + " ";
  for (const auto child : node.children())
    if (child.type() == pugi::node_comment) text += std::string(child.value()) + " ";
  return text.substr(0, 400);
}

DomainUsb usb_of(pugi::xml_node node) {
  DomainUsb usb;
  const auto source = node.child("source");
  const auto id = [](pugi::xml_node from) -> std::optional<std::uint16_t> {
    const auto value = libvirt_number(from.attribute("id").value());
    return value && *value <= 0xffff ? std::optional(static_cast<std::uint16_t>(*value)) : std::nullopt;
  };
  usb.vendor = id(source.child("vendor"));
  usb.product = id(source.child("product"));
  const auto address = source.child("address");
  const auto count = [&address](const char* key) -> std::optional<unsigned> {
    const auto value = libvirt_number(address.attribute(key).value());
    return value && *value <= 0xffff ? std::optional(static_cast<unsigned>(*value)) : std::nullopt;
  };
  usb.bus = count("bus");
  usb.device = count("device");
  usb.startup_policy = source.attribute("startupPolicy").value();
  return usb;
}

std::string way_to_node_device(pugi::xml_node top) {
  for (const auto node : top.children("capability")) {
    const auto number = [node](const char* name) { return libvirt_number(trim(node.child_value(name))).value_or(0x10000); };
    const auto bus = number("bus"), slot = number("slot"), function = number("function");
    if (std::string_view(node.attribute("type").value()) == "pci" && bus <= 0xff && slot <= 0x1f && function <= 7)
      return ": ask about it with --device " + hex_text(number("domain"), 4) + ":" + hex_text(bus, 2) + ":" +
             hex_text(slot, 2) + "." + std::to_string(function);
  }
  return "; its <parent> may be the PCI function that is meant";
}

std::string out_of_range(std::string_view key, std::uint64_t value, const char* limit) {
  const std::string quote = key == "function" ? "" : "'";
  return "Invalid PCI address " + std::string(key) + "=" + quote + "0x" + hex_text(value, 1) + quote + ", must be <= " + limit;
}

}  // namespace vfio_doctor
