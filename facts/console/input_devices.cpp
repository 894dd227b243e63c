// SPDX-License-Identifier: GPL-2.0-or-later
// What people type and point with, and what hangs on the USB controllers.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "facts/console/console.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

using Inputs = std::vector<InputDevice>;
constexpr std::size_t most_name_bytes = 120;

/// One block of /proc/bus/input/devices.
struct InputRecord {
  std::string name, sysfs, keys, relative_axes;
  std::vector<std::string_view> handlers;
  bool bluetooth = false;
  bool security_key = false;
};

/// Yubico's USB vendor number; its keys type a password and nothing else, but announce all keys of a keyboard.
constexpr std::string_view security_key_vendor = "1050";

/// The lowest word of a bit map as the input layer prints it: words from high to low.
std::uint64_t lowest_word(std::string_view map) {
  const auto words = split_words(map);
  return words.empty() ? 0 : parse_unsigned(words.back(), 16).value_or(0);
}

/// A power button also has keys; a keyboard has Esc, the digits and the letters: the first 31 keys. udev asks the same.
bool is_keyboard(const InputRecord& record) { return (lowest_word(record.keys) & 0xfffffffe) == 0xfffffffe; }

bool is_mouse(const InputRecord& record) {
  return (lowest_word(record.relative_axes) & 3) == 3 ||
         std::ranges::any_of(record.handlers, [](auto handler) { return handler.starts_with("mouse"); });
}

std::vector<PciAddress> bluetooth_adapters(const Root& root) {
  std::vector<PciAddress> functions;
  const auto names = root.list("/sys/class/bluetooth");
  if (!names.has_value()) return functions;
  for (const auto& name : names.value()) {
    const auto path = root.canonical("/sys/class/bluetooth/" + name);
    if (path.has_value()) add_functions(functions, functions_behind(root, path.value()));
  }
  return functions;
}

void add_input(const Root& root, const InputRecord& record, Inputs& inputs) {
  InputDevice device;
  device.name = record.name.substr(0, most_name_bytes);
  device.keyboard = is_keyboard(record) && !record.security_key;
  device.mouse = is_mouse(record);
  if (!device.keyboard && !device.mouse) return;
  device.functions = functions_behind(root, record.sysfs);
  // A Bluetooth keyboard is a virtual device; what carries it is the radio.
  if (device.functions.empty() && record.bluetooth) device.functions = bluetooth_adapters(root);
  // Programs make keyboards, too (remote desktops, key remappers): nobody types on those.
  if (device.functions.empty() && record.sysfs.starts_with("/sys/devices/virtual/")) return;
  inputs.push_back(std::move(device));
}

Inputs parse_inputs(const Root& root, const std::string& text) {
  Inputs inputs;
  InputRecord record;
  for (const auto line : split_lines(text)) {
    if (trim(line).empty()) {
      add_input(root, record, inputs);
      record = {};
    } else if (line.starts_with("I: ")) {
      record.bluetooth = line.find("Bus=0005") != line.npos;
      record.security_key = line.find("Bus=0003 Vendor=" + std::string(security_key_vendor)) != line.npos;
    } else if (line.starts_with("N: Name=")) {
      record.name = line.substr(8);
      std::erase(record.name, '"');
    } else if (line.starts_with("S: Sysfs=")) {
      record.sysfs = join_path("/sys", std::string(trim(line.substr(9))).insert(0, "."));
    } else if (line.starts_with("H: Handlers=")) {
      record.handlers = split_words(line.substr(12));
    } else if (line.starts_with("B: KEY=")) {
      record.keys = line.substr(7);
    } else if (line.starts_with("B: REL=")) {
      record.relative_axes = line.substr(7);
    }
  }
  add_input(root, record, inputs);
  return inputs;
}

/// The same from sysfs, where procfs was not recorded.
Observed<Inputs> list_inputs(const Root& root) {
  const auto names = root.list("/sys/class/input");
  if (!names.has_value()) return Observed<Inputs>::like(names);
  Inputs inputs;
  for (const auto& name : names.value()) {
    const auto path = root.canonical("/sys/class/input/" + name);
    if (!name.starts_with("input") || !path.has_value()) continue;
    const auto line = [&](const std::string& attribute) {
      const auto value = root.read_line(path.value() + "/" + attribute);
      return value.has_value() ? value.value() : std::string();
    };
    InputRecord record;
    record.name = line("name");
    record.sysfs = path.value();
    record.keys = line("capabilities/key");
    record.relative_axes = line("capabilities/rel");
    record.bluetooth = line("id/bustype") == "0005";
    record.security_key = line("id/bustype") == "0003" && line("id/vendor") == security_key_vendor;
    add_input(root, record, inputs);
  }
  return inputs;
}

struct UsbKind {
  unsigned base, subclass, protocol;
  std::string_view words;
};
constexpr unsigned any = 0x100;
// USB-IF class codes. HID boot protocols tell keyboards and mice apart.
constexpr auto usb_kinds = std::to_array<UsbKind>({{0x03, any, 1, "keyboard"},
                                                   {0x03, any, 2, "mouse"},
                                                   {0xe0, 1, 1, "Bluetooth"},
                                                   {0x08, any, any, "storage"},
                                                   {0x02, 6, any, "network"},
                                                   {0x02, 0x0d, any, "network"},
                                                   {0x0e, any, any, "camera"},
                                                   {0x01, any, any, "audio"},
                                                   {0x07, any, any, "printer"},
                                                   {0x0b, any, any, "card reader"},
                                                   {0x09, any, any, "hub"}});

std::string_view kind_of(unsigned base, unsigned subclass, unsigned protocol) {
  for (const auto& kind : usb_kinds)
    if (kind.base == base && (kind.subclass == any || kind.subclass == subclass) &&
        (kind.protocol == any || kind.protocol == protocol))
      return kind.words;
  return {};
}

class UsbReader {
 public:
  UsbReader(const Root& root, const std::vector<std::string>& names) : root_(root), names_(names) {}

  std::vector<UsbDevice> read() const {
    std::vector<UsbDevice> devices;
    for (const auto& name : names_) {
      if (name.find(':') != name.npos || name.starts_with("usb")) continue;  // interfaces, root hubs
      const auto path = root_.canonical(directory_ + name);
      const auto controller = path.has_value() ? controller_of(path.value()) : std::nullopt;
      if (!controller) continue;
      UsbDevice device;
      device.controller = *controller;
      device.id = line(name, "idVendor") + ":" + line(name, "idProduct");
      device.product = line(name, "product").substr(0, most_name_bytes);
      device.kind = kind(name);
      devices.push_back(std::move(device));
    }
    return devices;
  }

 private:
  std::string line(const std::string& name, const std::string& attribute) const {
    const auto value = root_.read_line(directory_ + name + "/" + attribute);
    return value.has_value() ? value.value() : std::string();
  }

  std::string kind(const std::string& name) const {
    std::vector<std::string> kinds;
    const auto add = [&](const std::string& node, const std::string& prefix) {
      const auto part = [&](const char* what) {
        return static_cast<unsigned>(parse_unsigned(line(node, prefix + what), 16).value_or(0) & 0xff);
      };
      const std::string words(kind_of(part("Class"), part("SubClass"), part("Protocol")));
      if (!words.empty() && std::ranges::find(kinds, words) == kinds.end()) kinds.push_back(words);
    };
    add(name, "bDevice");
    const std::string interface = name + ":";
    for (auto at = std::ranges::lower_bound(names_, interface); at != names_.end() && at->starts_with(interface); ++at)
      add(*at, "bInterface");
    return join(kinds, ", ");
  }

  const std::string directory_ = "/sys/bus/usb/devices/";
  const Root& root_;
  const std::vector<std::string>& names_;  // sorted
};

}  // namespace

Observed<std::vector<InputDevice>> read_input_devices(const Root& root) {
  const auto text = root.read("/proc/bus/input/devices");
  if (text.has_value()) return parse_inputs(root, text.value());
  if (text.is_unreadable()) return Observed<Inputs>::unreadable("/proc/bus/input/devices: " + text.why());
  return list_inputs(root);
}

Observed<std::vector<UsbDevice>> read_usb_devices(const Root& root) {
  const auto names = root.list("/sys/bus/usb/devices");
  if (!names.has_value()) return Observed<std::vector<UsbDevice>>::like(names);
  return UsbReader(root, names.value()).read();
}

}  // namespace vfio_doctor
