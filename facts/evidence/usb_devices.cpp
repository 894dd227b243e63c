// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

/// "T:  Bus=01 Lev=00 Prnt=00 Port=00 Cnt=00 Dev#=  2 ...": the word behind `key`, blanks left out.
std::string_view value_of(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == line.npos) return {};
  const auto rest = trim(line.substr(at + key.size()));
  return rest.substr(0, rest.find(' '));
}

/// "I:  If#= 0 Alt= 0 #EPs= 1 Cls=03(HID  ) Sub=01 Prot=01 Driver=usbhid"; "Driver=(none)".
void read_interface(std::string_view line, GuestUsb& device) {
  if (value_of(line, "Cls=").starts_with("03")) device.is_hid = true;
  const auto driver = value_of(line, "Driver=");
  if (driver == "(none)") device.lacks_driver = true;
  if (!driver.empty() && driver != "(none)" && std::ranges::find(device.drivers, driver) == device.drivers.end())
    device.drivers.emplace_back(driver);
}

void read_string(std::string_view line, GuestUsb& device) {
  const auto equals = line.find('=');
  if (equals == line.npos) return;
  const auto value = trim(line.substr(equals + 1));
  if (line.starts_with("S:  Product=")) device.product = std::string(value);
  if (line.starts_with("S:  SerialNumber=")) device.serial = std::string(value);
}

}  // namespace

/// Linux, Documentation/driver-api/usb/usb.rst: the format of /sys/kernel/debug/usb/devices, which usb-devices imitates.
Listing read_usb_devices(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  while (lines.next()) {
    const auto line = trim(lines.line());
    if (line.empty()) continue;
    if (line.size() < 3 || line[1] != ':') lines.fail("not a line of usb-devices");
    if (line.front() == 'T') {
      const auto bus = usb_number(value_of(line, "Bus=")), device = usb_number(value_of(line, "Dev#="));
      if (!bus || !device) lines.fail("a record of usb-devices starts with its bus and its number");
      if (listing.usb.size() == most_listed) lines.fail("too many devices");
      GuestUsb usb;
      usb.bus = *bus;
      usb.device = *device;
      usb.name = "Bus " + std::to_string(*bus) + " Device " + std::to_string(*device);
      usb.serial = Observed<std::string>::absent();
      listing.usb.push_back(std::move(usb));
      continue;
    }
    if (listing.usb.empty()) lines.fail("a record of usb-devices starts with 'T:'");
    auto& device = listing.usb.back();
    if (line.front() == 'P') {
      device.id = to_lower(std::string(value_of(line, "Vendor=")) + ":" + std::string(value_of(line, "ProdID=")));
      if (!id_pair(device.id)) lines.fail("the ids are no numbers");
      device.is_root_hub = device.id.starts_with("1d6b:");
      listing.shows_root_hub = listing.shows_root_hub || device.is_root_hub;
    }
    if (line.front() == 'S') read_string(line, device);
    if (line.front() == 'I') read_interface(line, device);
  }
  if (std::ranges::any_of(listing.usb, [](const GuestUsb& usb) { return usb.id.empty(); })) lines.fail("a device without ids");
  listing.lists_usb = true;
  listing.has_gaps = lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
