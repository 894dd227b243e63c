// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/guest/manifest.hpp"

#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bounded_json.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view schema = "vfio-doctor/manifest/1";
constexpr std::size_t longest_text = 512;
constexpr const char* not_told = "the manifest does not say";

/// Reads one JSON object member by member; every message says where it is.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail("must be an object");
  }

  [[noreturn]] void fail(const std::string& what) const { throw InputError(where_ + ": " + what); }

  /// The member, or nullptr where it is missing or null.
  const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  std::optional<std::string> text(const char* key) const {
    const auto* member = find(key);
    if (!member) return std::nullopt;
    if (!member->is_string()) fail(quoted(key) + " must be a string");
    auto value = member->get<std::string>();
    if (value.size() > longest_text) fail(quoted(key) + " is longer than 512 bytes");
    return value;
  }

  /// A number of exactly `digits` hexadecimal digits; unreadable where the member is missing or null.
  template <class Number>
  Observed<Number> hex(const char* key, std::size_t digits) const {
    const auto value = text(key);
    if (!value) return Observed<Number>::unreadable(not_told);
    const auto number =
        value->size() == digits && value->find_first_of("xX") == std::string::npos ? parse_unsigned(*value, 16) : std::nullopt;
    if (!number) fail(quoted(key) + " must be " + std::to_string(digits) + " hexadecimal digits");
    return static_cast<Number>(*number);
  }

  template <class Number>
  Observed<Number> required_hex(const char* key, std::size_t digits) const {
    if (!find(key)) fail(quoted(key) + " is missing");
    return hex<Number>(key, digits);
  }

  const Json* array(const char* key, std::size_t most) const {
    const auto* member = find(key);
    if (!member) return nullptr;
    if (!member->is_array()) fail(quoted(key) + " must be an array");
    if (member->size() > most) fail(quoted(key) + " has more than " + std::to_string(most) + " entries");
    return member;
  }

  static std::string quoted(const char* key) { return "\"" + std::string(key) + "\""; }

 private:
  const Json& object_;
  std::string where_;
};

bool is_usb_id(const std::string& text) {
  return text.size() == 9 && text[4] == ':' && text.find_first_of("xX") == std::string::npos &&
         parse_unsigned(std::string_view(text).substr(0, 4), 16) && parse_unsigned(std::string_view(text).substr(5), 16);
}

ExpectedUsb read_usb(const Json& json, const std::string& where) {
  const Reader reader(json, where);
  ExpectedUsb usb;
  usb.id = to_lower(reader.text("id").value_or(""));
  if (!is_usb_id(usb.id)) reader.fail("\"id\" must look like 046d:c077");
  usb.product = reader.text("product").value_or("");
  usb.serial = reader.text("serial");
  return usb;
}

std::vector<std::uint64_t> read_bars(const Reader& reader) {
  std::vector<std::uint64_t> bars;
  const auto* sizes = reader.array("bars", 6);
  if (!sizes) return bars;
  for (const auto& size : *sizes) {
    if (!size.is_number_unsigned()) reader.fail("\"bars\" must hold sizes in bytes");
    const auto bytes = size.get<std::uint64_t>();
    if ((bytes & (bytes - 1)) != 0) reader.fail("\"bars\": a size is a power of two");
    if (bytes != 0) bars.push_back(bytes);
  }
  return bars;
}

/// The Device Serial Number in lower case; empty text counts as not told.
Observed<std::string> read_serial(const Reader& reader) {
  const auto serial = reader.text("serial");
  if (!serial || serial->empty()) return Observed<std::string>::unreadable(not_told);
  return to_lower(*serial);
}

PciIdentity read_identity(const Reader& reader) {
  PciIdentity id;
  id.vendor = reader.required_hex<std::uint16_t>("vendor_id", 4);
  id.device = reader.required_hex<std::uint16_t>("device_id", 4);
  id.subsystem_vendor = reader.hex<std::uint16_t>("subsystem_vendor_id", 4);
  id.subsystem_device = reader.hex<std::uint16_t>("subsystem_device_id", 4);
  id.class_code = reader.hex<std::uint32_t>("class", 6);
  id.revision = reader.hex<std::uint8_t>("revision", 2);
  id.serial = read_serial(reader);
  return id;
}

ExpectedDevice read_device(const Json& json, const std::string& where) {
  const Reader reader(json, where);
  ExpectedDevice device;
  device.id = read_identity(reader);
  if (const auto address = reader.text("host_address")) {
    device.host_address = PciAddress::parse(*address);
    if (!device.host_address) reader.fail("\"host_address\" must look like 0000:03:00.0");
  }
  if (const auto path = reader.text("guest_path")) {
    device.guest_path = SlotChain::parse(*path);
    if (!device.guest_path) reader.fail("\"guest_path\" must look like 02.1/00.0");
  }
  device.bars = read_bars(reader);
  if (const auto* expect = reader.find("expect_driver")) {
    if (!expect->is_boolean()) reader.fail("\"expect_driver\" must be true or false");
    device.expect_driver = expect->get<bool>();
  }
  if (const auto* list = reader.array("usb", Manifest::most_usb))
    for (const auto& entry : *list)
      device.usb.push_back(read_usb(entry, where + ": usb " + std::to_string(device.usb.size() + 1)));
  device.label = reader.text("label").value_or("");
  if (device.label.empty()) device.label = reader.text("vendor_id").value() + ":" + reader.text("device_id").value();
  return device;
}

void read_emulated(const Reader& reader, Manifest& manifest) {
  const auto* places = reader.array("emulated", Manifest::most_emulated);
  if (!places) return;
  for (const auto& place : *places) {
    const auto chain = place.is_string() ? SlotChain::parse(place.get_ref<const std::string&>()) : std::nullopt;
    if (!chain) reader.fail("\"emulated\" must hold places like 02.1/00.0");
    manifest.emulated.push_back(*chain);
  }
}

Json parse_json(std::string_view text, const std::string& name) {
  if (text.size() > Manifest::most_bytes) throw InputError(name + ": larger than 1 MiB: this is no manifest");
  try {
    return parse_bounded_json<Json>(text);
  } catch (const JsonError& problem) {
    if (problem.line() == 0) throw InputError(name + ": " + problem.what());
    throw InputError(name + ": not valid JSON in line " + std::to_string(problem.line()) + ", so no manifest");
  }
}

template <class Number>
Json hex_or_null(const Observed<Number>& number, std::size_t digits) {
  return number.has_value() ? Json(hex_text(number.value(), digits)) : Json();
}

Json text_or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }

Json device_json(const ExpectedDevice& device) {
  Json json;
  json["label"] = device.label;
  json["host_address"] = device.host_address ? Json(device.host_address->text()) : Json();
  json["vendor_id"] = hex_or_null(device.id.vendor, 4);
  json["device_id"] = hex_or_null(device.id.device, 4);
  json["subsystem_vendor_id"] = hex_or_null(device.id.subsystem_vendor, 4);
  json["subsystem_device_id"] = hex_or_null(device.id.subsystem_device, 4);
  json["class"] = hex_or_null(device.id.class_code, 6);
  json["revision"] = hex_or_null(device.id.revision, 2);
  json["serial"] = device.id.serial.has_value() ? Json(device.id.serial.value()) : Json();
  json["guest_path"] = device.guest_path ? Json(device.guest_path->text()) : Json();
  json["bars"] = device.bars;
  json["expect_driver"] = device.expect_driver;
  json["usb"] = Json::array();
  for (const auto& usb : device.usb)
    json["usb"].push_back({{"id", usb.id}, {"product", usb.product}, {"serial", text_or_null(usb.serial)}});
  return json;
}

}  // namespace

Manifest parse_manifest(std::string_view text, const std::string& name) {
  const Json json = parse_json(text, name);
  const Reader reader(json, name);
  const auto stated = reader.text("schema");
  if (!stated) reader.fail("\"schema\" is missing: this is no manifest");
  if (*stated != schema) reader.fail("\"schema\" must be " + std::string(schema));
  Manifest manifest;
  manifest.domain = reader.text("domain").value_or("");
  const auto* devices = reader.array("devices", Manifest::most_devices);
  if (!devices || devices->empty()) reader.fail("\"devices\" is empty: there is nothing to look for");
  for (const auto& device : *devices)
    manifest.devices.push_back(read_device(device, name + ": device " + std::to_string(manifest.devices.size() + 1)));
  read_emulated(reader, manifest);
  return manifest;
}

std::string write_manifest(const Manifest& manifest) {
  Json json;
  json["schema"] = schema;
  json["domain"] = manifest.domain;
  json["devices"] = Json::array();
  for (const auto& device : manifest.devices) json["devices"].push_back(device_json(device));
  if (!manifest.emulated.empty()) json["emulated"] = Json::array();
  for (const auto& place : manifest.emulated) json["emulated"].push_back(place.text());
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace vfio_doctor
