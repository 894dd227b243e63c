// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* usb_directory = "/sys/bus/usb/devices";

std::optional<std::string> usb_id(const Root& root, const std::string& path) {
  const auto vendor = root.read_line(path + "/idVendor"), product = root.read_line(path + "/idProduct");
  if (!vendor.has_value() || !product.has_value()) return std::nullopt;
  if (vendor->size() != 4 || product->size() != 4 || !parse_unsigned(vendor.value(), 16) ||
      !parse_unsigned(product.value(), 16))
    return std::nullopt;
  return to_lower(vendor.value() + ":" + product.value());
}

unsigned read_number(const Root& root, const std::string& path) {
  const auto line = root.read_line(path);
  const auto number = line.has_value() ? parse_unsigned(line.value()) : std::nullopt;
  return number && *number < 10'000 ? static_cast<unsigned>(*number) : 0;
}

std::optional<GuestUsb> read_device(const Root& root, const std::string& name, const std::string& path) {
  GuestUsb device;
  const auto id = usb_id(root, path);
  if (!id) return std::nullopt;
  device.name = name;
  device.id = *id;
  device.bus = read_number(root, path + "/busnum");
  device.device = read_number(root, path + "/devnum");
  device.is_root_hub = name.starts_with("usb");
  const auto product = root.read_line(path + "/product");
  if (product.has_value()) device.product = product.value();
  device.serial = root.read_line(path + "/serial");
  return device;
}

/// "1-2:1.0" is an interface of the device "1-2"; configuration 0 of a root hub is "1-0:1.0".
void add_interface(const Root& root, const std::string& path, GuestUsb& device) {
  if (root.read_line(path + "/bInterfaceClass").is("03")) {
    device.is_hid = true;
    if (!root.read_line(path + "/bInterfaceProtocol").is("00")) device.is_keyboard_or_mouse = true;
  }
  const auto driver = root.read_link(path + "/driver");
  if (!driver.has_value()) return;
  const auto name = base_name(driver.value());
  if (std::find(device.drivers.begin(), device.drivers.end(), name) == device.drivers.end()) device.drivers.push_back(name);
}

struct Found {
  std::string path;
  GuestFunction* owner;  ///< nullptr: its controller is none of the functions
  GuestUsb device;
};

void gather_inputs(const Root& root, std::vector<Found>& devices) {
  const auto entries = root.list("/sys/class/input");
  if (!entries.has_value()) return;
  for (const auto& name : entries.value()) {
    if (!name.starts_with("input")) continue;
    const auto path = root.canonical("/sys/class/input/" + name);
    if (!path.has_value()) continue;
    Found* owner = nullptr;  // the deepest: a keyboard lies below its hub
    for (auto& found : devices)
      if (path->starts_with(found.path + "/") && (!owner || found.path.size() > owner->path.size())) owner = &found;
    if (owner) owner->device.inputs.push_back(name);
  }
}

}  // namespace

Observed<std::vector<GuestUsb>> gather_usb(const Root& root, const std::vector<FunctionPath>& functions) {
  using Devices = std::vector<GuestUsb>;
  const auto entries = root.list(usb_directory);
  for (const auto& [path, function] : functions) {
    if (!function->is_usb_controller())
      function->usb = Observed<Devices>::absent();
    else if (entries.is_unreadable())
      function->usb = Observed<Devices>::unreadable(std::string(usb_directory) + ": " + entries.why());
    else
      function->usb = Devices{};
  }
  if (!entries.has_value()) return Observed<Devices>::like(entries);
  std::vector<Found> devices;
  for (const auto& name : entries.value()) {
    if (name.find(':') != std::string::npos) continue;
    const auto path = root.canonical(std::string(usb_directory) + "/" + name);
    if (!path.has_value()) continue;
    auto* owner = owner_of(functions, path.value());
    if (auto device = read_device(root, name, path.value()))
      devices.push_back({path.value(), owner && owner->usb.has_value() ? owner : nullptr, std::move(*device)});
  }
  for (const auto& name : entries.value()) {
    const auto path = name.find(':') == std::string::npos ? Observed<std::string>::absent()
                                                          : root.canonical(std::string(usb_directory) + "/" + name);
    if (!path.has_value()) continue;
    for (auto& found : devices)
      if (parent_path(path.value()) == found.path) add_interface(root, path.value(), found.device);
  }
  gather_inputs(root, devices);
  Devices loose;
  for (const auto& found : devices)
    if (found.owner && found.device.is_root_hub) found.owner->log_names.push_back(found.device.name);
  for (auto& found : devices) (found.owner ? found.owner->usb.value() : loose).push_back(std::move(found.device));
  return loose;
}

}  // namespace vfio_doctor
