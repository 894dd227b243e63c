// SPDX-License-Identifier: GPL-2.0-or-later
#include "inventory.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;

template <class T>
std::optional<std::string> hex(const Observed<T>& number, std::size_t digits) {
  return number.has_value() ? std::optional(hex_text(number.value(), digits)) : std::nullopt;
}

template <class T>
Json hex_or_null(const Observed<T>& number, std::size_t digits) {
  const auto text = hex(number, digits);
  return text ? Json(*text) : Json();
}

Json text_or_null(const Observed<std::string>& text) { return text.has_value() ? Json(text.value()) : Json(); }

std::string subsystem_line(const GuestFunction& function, const IdsFile& pci) {
  if (!function.id.subsystem_vendor.has_value() || !function.id.subsystem_device.has_value()) return {};
  const auto vendor = function.id.subsystem_vendor.value(), device = function.id.subsystem_device.value();
  if (vendor == 0 && device == 0) return {};
  const auto name = pci.subsystem(function.id.vendor.has_value() ? function.id.vendor.value() : 0,
                                  function.id.device.has_value() ? function.id.device.value() : 0, vendor, device);
  return "Subsystem: " + pci.vendor(vendor).value_or("Vendor") + " " + name.value_or("Device") + " [" +
         *hex(function.id.subsystem_vendor, 4) + ":" + *hex(function.id.subsystem_device, 4) + "]";
}

std::string function_lines(const GuestFunction& function, const IdsFile& pci) {
  std::string text = function.address.text() + " " + class_name(pci, function) + " [" +
                     hex(function.class_and_subclass, 4).value_or("????") +
                     "]: " + (function.name.empty() ? "Device" : function.name) + " [" + ids_text(function.id) + "]";
  if (function.id.revision.has_value() && function.id.revision.value() != 0)
    text += " (rev " + *hex(function.id.revision, 2) + ")";
  text = printable(text) + "\n";
  if (const auto subsystem = subsystem_line(function, pci); !subsystem.empty()) text += "\t" + printable(subsystem) + "\n";
  if (function.driver.has_value()) text += "\tKernel driver in use: " + printable(function.driver.value()) + "\n";
  if (function.modules.has_value() && !function.modules->empty())
    text += "\tKernel modules: " + printable(join(function.modules.value(), ", ")) + "\n";
  return text;
}

std::string usb_name(const GuestUsb& device, const IdsFile& usb) {
  const auto vendor = parse_unsigned(device.id.substr(0, 4), 16), product = parse_unsigned(device.id.substr(5), 16);
  const auto vendor_name = vendor ? usb.vendor(static_cast<std::uint16_t>(*vendor)) : std::nullopt;
  const auto known =
      vendor && product ? usb.device(static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*product)) : std::nullopt;
  const auto name = known.value_or(device.product);
  return vendor_name ? *vendor_name + (name.empty() ? "" : " " + name) : name;
}

struct UsbEntry {
  const GuestUsb* device;
  const GuestFunction* controller;  ///< nullptr: not on PCI
};

std::vector<UsbEntry> all_usb(const GuestView& view) {
  std::vector<UsbEntry> all;
  if (view.functions.has_value())
    for (const auto& function : view.functions.value())
      if (function.usb.has_value())
        for (const auto& device : function.usb.value()) all.push_back({&device, &function});
  if (view.loose_usb.has_value())
    for (const auto& device : view.loose_usb.value()) all.push_back({&device, nullptr});
  std::stable_sort(all.begin(), all.end(), [](const UsbEntry& a, const UsbEntry& b) {
    return std::pair(a.device->bus, a.device->device) < std::pair(b.device->bus, b.device->device);
  });
  return all;
}

Json function_json(const GuestFunction& function, const IdsFile& pci) {
  Json json;
  json["address"] = function.address.text();
  json["guest_path"] = function.path.has_value() ? Json(function.path->text()) : Json();
  json["vendor_id"] = hex_or_null(function.id.vendor, 4);
  json["device_id"] = hex_or_null(function.id.device, 4);
  json["subsystem_vendor_id"] = hex_or_null(function.id.subsystem_vendor, 4);
  json["subsystem_device_id"] = hex_or_null(function.id.subsystem_device, 4);
  json["class"] = hex_or_null(function.id.class_code, 6);
  json["revision"] = hex_or_null(function.id.revision, 2);
  json["class_name"] = class_name(pci, function);
  json["name"] = function.name.empty() ? Json() : Json(function.name);
  json["driver"] = text_or_null(function.driver);
  json["modules"] = function.modules.has_value() ? Json(function.modules.value()) : Json();
  json["power_state"] = text_or_null(function.power_state);
  return json;
}

Json usb_json(const UsbEntry& entry, const IdsFile& usb) {
  Json json;
  json["bus"] = entry.device->bus;
  json["device"] = entry.device->device;
  json["id"] = entry.device->id;
  json["name"] = usb_name(*entry.device, usb);
  json["serial"] = text_or_null(entry.device->serial);
  json["port"] = entry.device->name;
  json["controller"] = entry.controller ? Json(entry.controller->address.text()) : Json();
  json["drivers"] = entry.device->drivers;
  return json;
}

}  // namespace

std::string inventory_text(const GuestView& view, const IdsFile& pci, const IdsFile& usb) {
  std::string text;
  if (view.functions.has_value())
    for (const auto& function : view.functions.value()) text += function_lines(function, pci);
  const auto devices = all_usb(view);
  if (!devices.empty() && !text.empty()) text += "\n";
  for (const auto& entry : devices) {
    char place[40];
    std::snprintf(place, sizeof place, "Bus %03u Device %03u: ID ", entry.device->bus, entry.device->device);
    text += place + printable(entry.device->id + " " + usb_name(*entry.device, usb)) + "\n";
  }
  return text;
}

std::string inventory_json(const GuestView& view, const IdsFile& pci, const IdsFile& usb) {
  Json json;
  json["schema"] = "vfio-doctor/inventory/1";
  json["guest"] = view.name;
  json["kernel"] = text_or_null(view.kernel);
  json["functions"] = Json::array();
  if (view.functions.has_value())
    for (const auto& function : view.functions.value()) json["functions"].push_back(function_json(function, pci));
  json["usb"] = Json::array();
  for (const auto& entry : all_usb(view)) json["usb"].push_back(usb_json(entry, usb));
  json["notes"] = view.notes;
  // ASCII only: what a device calls itself stays harmless on a terminal.
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace vfio_doctor
