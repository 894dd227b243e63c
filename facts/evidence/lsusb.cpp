// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

/// "Bus 001 Device 004: ID 046d:c077 Logitech, Inc. Mouse"
std::optional<GuestUsb> read_device(std::string_view line) {
  const auto words = split_words(line);
  if (words.size() < 6 || words[0] != "Bus" || words[2] != "Device" || words[4] != "ID" || !words[3].ends_with(':'))
    return std::nullopt;
  const auto bus = usb_number(words[1]), device = usb_number(words[3].substr(0, words[3].size() - 1));
  if (!bus || !device || !id_pair(words[5])) return std::nullopt;
  GuestUsb usb;
  usb.bus = *bus;
  usb.device = *device;
  usb.name = "Bus " + std::string(words[1]) + " Device " + std::string(words[3].substr(0, words[3].size() - 1));
  usb.id = to_lower(words[5]);
  usb.product = std::string(trim(line.substr(static_cast<std::size_t>(words[5].data() + 9 - line.data()))));
  usb.serial = Observed<std::string>::unreadable("lsusb does not show it");
  usb.is_root_hub = usb.id.starts_with("1d6b:");
  return usb;
}

/// -v: "  iSerial                 3 4C530001", "      bInterfaceClass         3 Human Interface Device".
void read_detail(std::string_view line, GuestUsb& device) {
  const auto words = split_words(line);
  if (words.size() < 2) return;
  if (words[0] == "bInterfaceClass" && words[1] == "3") device.is_hid = true;
  if (words[0] != "iSerial") return;
  if (words[1] == "0") device.serial = Observed<std::string>::absent();
  if (words.size() > 2) device.serial = std::string(trim(line.substr(static_cast<std::size_t>(words[2].data() - line.data()))));
}

/// "Dev 2, If 0, Class=Human Interface Device, Driver=usbhid, 12M": the value behind `key`.
std::string_view value_behind(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == line.npos) return {};
  const auto rest = line.substr(at + key.size());
  return trim(rest.substr(0, rest.find(',')));
}

}  // namespace

std::optional<unsigned> usb_number(std::string_view text) {
  const auto number = text.size() <= 3 ? parse_unsigned(text) : std::nullopt;
  if (!number) return std::nullopt;
  return static_cast<unsigned>(*number);
}

Listing read_lsusb(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  while (lines.next()) {
    const auto line = lines.line();
    if (!listing.usb.empty() && !line.empty() && (line.front() == ' ' || line.front() == '\t'))
      read_detail(line, listing.usb.back());
    // -v: what lies below a device is indented, its heading is "Device Descriptor:" and its like.
    if (trim(line).empty() || line.front() == ' ' || line.front() == '\t' || trim(line).ends_with(':') ||
        line.starts_with("Device Status:"))
      continue;
    auto device = read_device(trim(line));
    if (!device) lines.fail("not a line of lsusb");
    if (listing.usb.size() == most_listed) lines.fail("too many devices");
    listing.shows_root_hub = listing.shows_root_hub || device->is_root_hub;
    listing.usb.push_back(std::move(*device));
  }
  listing.lists_usb = true;
  listing.has_gaps = lines.has_gaps();
  return listing;
}

Listing read_lsusb_tree(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  unsigned bus = 0;
  std::string bus_driver;
  while (lines.next()) {
    const auto line = trim(lines.line());
    if (line.empty() || line.starts_with("/sys/") || line.starts_with("/dev/")) continue;
    if (line.starts_with("ID ") && !listing.usb.empty()) {  // -tv
      const auto words = split_words(line);
      if (words.size() >= 2 && id_pair(words[1])) listing.usb.back().id = to_lower(words[1]);
      continue;
    }
    const bool is_root = line.starts_with("/:");
    if (is_root) bus = usb_number(value_behind(line.substr(0, line.find(".Port")), "Bus ")).value_or(0);
    const auto dev_at = line.find(": Dev ");
    const auto device = dev_at == line.npos ? std::nullopt : usb_number(value_behind(line.substr(dev_at), ": Dev "));
    if ((!is_root && !line.starts_with("|__")) || !device || bus == 0) lines.fail("not a line of lsusb -t");
    auto known = std::find_if(listing.usb.begin(), listing.usb.end(),
                              [&](const GuestUsb& usb) { return usb.bus == bus && usb.device == *device; });
    if (known == listing.usb.end()) {
      if (listing.usb.size() == most_listed) lines.fail("too many devices");
      GuestUsb usb;
      usb.bus = bus;
      usb.device = *device;
      usb.is_root_hub = is_root;
      listing.shows_root_hub = listing.shows_root_hub || is_root;
      usb.serial = Observed<std::string>::unreadable("lsusb does not show it");
      listing.usb.push_back(std::move(usb));
      known = listing.usb.end() - 1;
    }
    const auto driver = value_behind(line, "Driver=");
    if (is_root) bus_driver = std::string(driver.substr(0, driver.find('/')));
    known->bus_driver = bus_driver;
    const bool has_none = driver == "[none]" || (driver.empty() && line.find("Driver=,") != line.npos);  // before usbutils 008
    if (has_none) known->lacks_driver = true;
    if (!driver.empty() && driver != "[none]") known->drivers.emplace_back(driver.substr(0, driver.find('/')));
    if (value_behind(line, "Class=") == "Human Interface Device") known->is_hid = true;
  }
  listing.has_gaps = lines.has_gaps();
  listing.lists_usb = std::all_of(listing.usb.begin(), listing.usb.end(), [](const GuestUsb& usb) { return !usb.id.empty(); });
  return listing;
}

}  // namespace vfio_doctor
