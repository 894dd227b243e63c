// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/bounded_json.hpp"
#include "base/text.hpp"
#include "facts/evidence/windows_device.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;
constexpr unsigned not_connected = 45, disabled = 22;

/// "...&DEV_24F3&..." and "DEV_": the hexadecimal digits behind it.
std::optional<std::uint64_t> hex_behind(std::string_view text, std::string_view key, std::size_t digits) {
  const auto at = text.find(key);
  if (at == text.npos || text.size() < at + key.size() + digits) return std::nullopt;
  return parse_unsigned(text.substr(at + key.size(), digits), 16);
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), to_upper);
  return result;
}

/// "PCI bus 9, device 0, function 0"
void read_location(std::string_view text, GuestFunction& function) {
  const auto words = split_words(text);
  if (words.size() != 7 || words[0] != "PCI" || words[1] != "bus" || words[3] != "device" || words[5] != "function") return;
  const auto bus = parse_unsigned(words[2].substr(0, words[2].find(','))),
             device = parse_unsigned(words[4].substr(0, words[4].find(','))), number = parse_unsigned(words[6]);
  if (!bus || !device || !number || *bus > 255 || *device > 31 || *number > 7) return;
  function.address = {0, static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*device),
                      static_cast<std::uint8_t>(*number)};
  function.has_address = true;
}

/// "PCIROOT(0)#PCI(0201)#PCI(0000)" of DEVPKEY_Device_LocationPaths: device and function of each step in hexadecimal.
void read_location_path(std::string_view text, GuestFunction& function) {
  if (!text.starts_with("PCIROOT(")) return;
  SlotChain chain;
  const auto parts = split(text, '#');
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto step =
        parts[i].size() == 9 && parts[i].starts_with("PCI(") ? parse_unsigned(parts[i].substr(4, 4), 16) : std::nullopt;
    if (!step || *step >> 8 > 31 || (*step & 0xff) > 7 || chain.steps.size() == SlotChain::most_steps) return;
    chain.steps.push_back({static_cast<std::uint8_t>(*step >> 8), static_cast<std::uint8_t>(*step & 0xff)});
  }
  if (!chain.steps.empty()) function.path = chain;
}

/// "CC_028000" in a hardware or compatible id.
void read_class_code(std::string_view text, GuestFunction& function) {
  if (const auto code = hex_behind(text, "&CC_", 6)) {
    function.id.class_code = static_cast<std::uint32_t>(*code);
    function.class_and_subclass = static_cast<std::uint16_t>(*code >> 8);
  } else if (const auto shorter = hex_behind(text, "&CC_", 4); shorter && !function.class_and_subclass.has_value()) {
    function.class_and_subclass = static_cast<std::uint16_t>(*shorter);
  }
}

/// Windows' own class names, for what the ladder looks at.
void read_class_name(std::string_view name, GuestFunction& function) {
  if (!function.class_and_subclass.has_value() && name == "USB") function.class_and_subclass = std::uint16_t{0x0c03};
}

/// "CM_PROB_FAILED_START" and its number (cfg.h of the Windows SDK): PowerShell may print names alone, and pnputil prints
/// them untranslated in every language.
std::optional<unsigned> problem_of_name(std::string_view name) {
  constexpr std::string_view prefix = "CM_PROB_";
  // In the order of their numbers, from 0.
  static constexpr std::array<std::string_view, 58> known = {"NONE",
                                                             "NOT_CONFIGURED",
                                                             "DEVLOADER_FAILED",
                                                             "OUT_OF_MEMORY",
                                                             "ENTRY_IS_WRONG_TYPE",
                                                             "LACKED_ARBITRATOR",
                                                             "BOOT_CONFIG_CONFLICT",
                                                             "FAILED_FILTER",
                                                             "DEVLOADER_NOT_FOUND",
                                                             "INVALID_DATA",
                                                             "FAILED_START",
                                                             "LIAR",
                                                             "NORMAL_CONFLICT",
                                                             "NOT_VERIFIED",
                                                             "NEED_RESTART",
                                                             "REENUMERATION",
                                                             "PARTIAL_LOG_CONF",
                                                             "UNKNOWN_RESOURCE",
                                                             "REINSTALL",
                                                             "REGISTRY",
                                                             "VXDLDR",
                                                             "WILL_BE_REMOVED",
                                                             "DISABLED",
                                                             "DEVLOADER_NOT_READY",
                                                             "DEVICE_NOT_THERE",
                                                             "MOVED",
                                                             "TOO_EARLY",
                                                             "NO_VALID_LOG_CONF",
                                                             "FAILED_INSTALL",
                                                             "HARDWARE_DISABLED",
                                                             "CANT_SHARE_IRQ",
                                                             "FAILED_ADD",
                                                             "DISABLED_SERVICE",
                                                             "TRANSLATION_FAILED",
                                                             "NO_SOFTCONFIG",
                                                             "BIOS_TABLE",
                                                             "IRQ_TRANSLATION_FAILED",
                                                             "FAILED_DRIVER_ENTRY",
                                                             "DRIVER_FAILED_PRIOR_UNLOAD",
                                                             "DRIVER_FAILED_LOAD",
                                                             "DRIVER_SERVICE_KEY_INVALID",
                                                             "LEGACY_SERVICE_NO_DEVICES",
                                                             "DUPLICATE_DEVICE",
                                                             "FAILED_POST_START",
                                                             "HALTED",
                                                             "PHANTOM",
                                                             "SYSTEM_SHUTDOWN",
                                                             "HELD_FOR_EJECT",
                                                             "DRIVER_BLOCKED",
                                                             "REGISTRY_TOO_LARGE",
                                                             "SETPROPERTIES_FAILED",
                                                             "WAITING_ON_DEPENDENCY",
                                                             "UNSIGNED_DRIVER",
                                                             "USED_BY_DEBUGGER",
                                                             "DEVICE_RESET",
                                                             "CONSOLE_LOCKED",
                                                             "NEED_CLASS_CONFIG",
                                                             "GUEST_ASSIGNMENT_FAILED"};
  if (!name.starts_with(prefix)) return std::nullopt;
  const auto found = std::ranges::find(known, name.substr(prefix.size()));
  if (found == known.end()) return GuestFunction::unnamed_problem;
  return static_cast<unsigned>(found - known.begin());
}

Observed<unsigned> problem_code(const WindowsDevice& device) {
  const auto status = to_lower(device.status);
  if (device.is_gone || status == "disconnected") return not_connected;
  if (device.problem && (*device.problem != 0 || status != "error")) return *device.problem;
  if (status == "started" || status == "ok") return 0u;
  if (status == "disabled") return disabled;
  if (status == "error" || status == "problem") return GuestFunction::unnamed_problem;
  return Observed<unsigned>::unreadable("the listing does not show it");
}

/// Both programs list what Windows merely remembers as well. Only a status that is understood tells: an unknown word may
/// be another language's "disconnected", and "Unknown" is what Get-PnpDevice says of what is not there.
bool may_be_gone(const WindowsDevice& device) {
  if (device.is_present) return false;
  const auto status = to_lower(device.status);
  const auto code = problem_code(device);
  if (status == "unknown") return !code.has_value() || code.is(0);
  return !code.has_value() && status != "stopped" && status != "degraded";
}

std::string text_of(const Json& object, std::initializer_list<const char*> keys) {
  for (const auto* key : keys)
    if (const auto found = object.find(key); found != object.end() && found->is_string()) return found->get<std::string>();
  return {};
}

/// What only vfio-guest-agent.exe writes: "Controller", "Memory" [sizes], "Interrupts".
void read_own_members(const Json& object, WindowsDevice& device) {
  constexpr std::size_t most_ranges = 64;
  device.controller = text_of(object, {"Controller"});
  if (const auto ranges = object.find("Memory"); ranges != object.end() && ranges->is_array())
    for (const auto& size : *ranges)
      if (size.is_number_unsigned() && device.memory.size() < most_ranges) device.memory.push_back(size.get<std::uint64_t>());
  if (const auto count = object.find("Interrupts"); count != object.end() && count->is_number_unsigned() && *count <= 65536u)
    device.interrupts = count->get<unsigned>();
}

std::string resources_of(const WindowsDevice& device) {
  std::vector<std::string> parts;
  for (const auto size : device.memory) parts.push_back(std::to_string(size) + " bytes of memory");
  if (device.interrupts)
    parts.push_back(*device.interrupts == 1 ? "1 interrupt" : std::to_string(*device.interrupts) + " interrupts");
  return join(parts, ", ");
}

/// A USB device or root hub whose controller is known.
std::optional<GuestUsb> tied_usb(const WindowsDevice& device) {
  if (device.controller.empty()) return std::nullopt;
  if (upper(device.instance_id).starts_with("USB\\ROOT_HUB")) {
    GuestUsb hub;
    hub.name = device.instance_id;
    hub.is_root_hub = true;
    return hub;
  }
  auto usb = read_usb_instance_id(device.instance_id);
  if (usb) usb->product = device.name;
  return usb;
}

/// Where the list tells whose USB device is whose, every USB controller has those that name it, and no others.
void tie_usb(Listing& listing) {
  if (listing.tied_usb.empty()) return;
  for (auto& function : listing.functions) {
    if (!function.is_usb_controller()) continue;
    std::vector<GuestUsb> devices;
    for (const auto& [controller, device] : listing.tied_usb)
      if (controller == function.instance_id) devices.push_back(device);
    function.usb = std::move(devices);
  }
}

std::optional<unsigned> problem_of(const Json& object) {
  for (const auto* key : {"Problem", "ProblemCode", "ConfigManagerErrorCode"}) {
    const auto found = object.find(key);
    if (found == object.end()) continue;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() < 1000) return found->get<unsigned>();
    if (found->is_string())
      if (const auto code = problem_of_name(found->get<std::string>())) return code;
  }
  return std::nullopt;
}

}  // namespace

WindowsDevice device_of(const Json& object, const std::string& name) {
  if (!object.is_object()) throw InputError(name + ": not a list of devices, as Get-PnpDevice | ConvertTo-Json prints it");
  WindowsDevice device;
  device.instance_id = text_of(object, {"InstanceId", "DeviceID", "PNPDeviceID", "DeviceId"});
  device.name = text_of(object, {"FriendlyName", "Caption", "Name", "Description"});
  device.status = text_of(object, {"Status"});
  device.class_name = text_of(object, {"Class", "PNPClass"});
  device.driver = text_of(object, {"Service"});
  device.location = text_of(object, {"LocationInfo", "LocationInformation", "Location"});
  device.location_path = text_of(object, {"LocationPaths", "LocationPath"});
  if (const auto paths = object.find("LocationPaths"); paths != object.end() && paths->is_array() && !paths->empty())
    if (paths->front().is_string()) device.location_path = paths->front().get<std::string>();
  for (const auto* key : {"HardwareID", "CompatibleID", "HardwareIds", "CompatibleIds"})
    if (const auto found = object.find(key); found != object.end() && found->is_array())
      for (const auto& id : *found)
        if (id.is_string() && device.ids.size() < 64) device.ids.push_back(id.get<std::string>());
  device.problem = problem_of(object);
  read_own_members(object, device);
  if (const auto present = object.find("Present"); present != object.end() && present->is_boolean())
    (present->get<bool>() ? device.is_present : device.is_gone) = true;
  return device;
}

void add_windows_device(const WindowsDevice& device, Listing& listing) {
  auto function = unseen_function();
  if (read_pci_instance_id(device.instance_id, function)) {
    function.name = device.name;
    function.instance_id = upper(device.instance_id);
    function.may_be_gone = may_be_gone(device);
    function.has_address = false;
    read_location(device.location, function);
    read_location_path(device.location_path, function);
    for (const auto& id : device.ids) read_class_code(upper(id), function);
    read_class_name(device.class_name, function);
    function.problem_code = problem_code(device);
    function.resources = resources_of(device);
    if (device.interrupts) function.interrupts.vectors = *device.interrupts;
    if (!device.driver.empty() && !function.problem_code.has_value() && !device.is_present)
      function.driver = Observed<std::string>::unreadable("one is installed, but the listing does not show whether it runs");
    else if (!device.driver.empty())
      function.driver = device.driver;
    if (function.problem_code.is(28)) function.driver = Observed<std::string>::absent();
    listing.functions.push_back(std::move(function));
  } else if (auto tied = tied_usb(device); tied && !problem_code(device).is(not_connected)) {
    tied->problem_code = problem_code(device);
    listing.shows_root_hub = listing.shows_root_hub || tied->is_root_hub;
    listing.tied_usb.emplace_back(upper(device.controller), std::move(*tied));
  } else if (upper(device.instance_id).starts_with("USB\\ROOT_HUB")) {
    listing.shows_root_hub = true;
  } else if (auto usb = read_usb_instance_id(device.instance_id); usb && may_be_gone(device)) {
    listing.usb_has_gaps = true;
  } else if (usb && !problem_code(device).is(not_connected)) {
    usb->product = device.name;
    usb->problem_code = problem_code(device);
    listing.usb.push_back(std::move(*usb));
  }
}

bool read_pci_instance_id(std::string_view text, GuestFunction& function) {
  const auto id = upper(text);
  if (!id.starts_with("PCI\\VEN_")) return false;
  const auto vendor = hex_behind(id, "VEN_", 4), device = hex_behind(id, "&DEV_", 4);
  if (!vendor || !device) return false;
  function.id.vendor = static_cast<std::uint16_t>(*vendor);
  function.id.device = static_cast<std::uint16_t>(*device);
  if (const auto subsystem = hex_behind(id, "&SUBSYS_", 8)) {  // device first, vendor behind it
    function.id.subsystem_device = static_cast<std::uint16_t>(*subsystem >> 16);
    function.id.subsystem_vendor = static_cast<std::uint16_t>(*subsystem & 0xffff);
  }
  if (const auto revision = hex_behind(id, "&REV_", 2)) function.id.revision = static_cast<std::uint8_t>(*revision);
  return true;
}

std::optional<GuestUsb> read_usb_instance_id(std::string_view text) {
  const auto id = upper(text);
  if (!id.starts_with("USB\\VID_") || id.find("&MI_") != id.npos) return std::nullopt;
  if (!hex_behind(id, "VID_", 4) || !hex_behind(id, "&PID_", 4)) return std::nullopt;
  GuestUsb usb;
  usb.id = to_lower(id.substr(8, 4) + ":" + id.substr(id.find("&PID_") + 5, 4));
  usb.name = std::string(text);
  usb.serial = Observed<std::string>::unreadable("the listing does not show it");
  return usb;
}

namespace {

Json parse_json(std::string_view text, const std::string& name) {
  try {
    return parse_bounded_json(text);
  } catch (const JsonError& problem) {
    throw InputError(name + ": " + problem.what());
  }
}

}  // namespace

Listing read_powershell_json(std::string_view text, const std::string& name) {
  const auto json = parse_json(text, name);
  Listing listing;
  const auto read_one = [&](const Json& object) {
    if (listing.functions.size() + listing.usb.size() >= most_listed) throw InputError(name + ": too many devices");
    add_windows_device(device_of(object, name), listing);
  };
  if (json.is_array())
    for (const auto& object : json) read_one(object);
  else
    read_one(json);
  tie_usb(listing);
  if (listing.functions.empty() && listing.usb.empty())
    throw InputError(name + ": JSON without any PCI or USB device (\"InstanceId\")");
  listing.lists_functions = !listing.functions.empty();
  listing.lists_usb = !listing.usb.empty();
  return listing;
}

}  // namespace vfio_doctor
