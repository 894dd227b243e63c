// SPDX-License-Identifier: GPL-2.0-or-later
// macOS: system_profiler SPPCIDataType.
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

/// macOS' own words for a class, which pci.ids has otherwise.
std::optional<std::uint16_t> class_of(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::uint16_t>, 7> known = {{
      {"Display Controller", 0x0300},
      {"GPU", 0x0300},
      {"Audio Device", 0x0403},
      {"Ethernet Controller", 0x0200},
      {"NVM Express Controller", 0x0108},
      {"USB eXtensible Host Controller", 0x0c03},
      {"AHCI Controller", 0x0106},
  }};
  for (const auto& [text, code] : known)
    if (text == type) return code;
  return class_of_name(type);
}

/// "Internal@0,31,3": bus, slot and function. Behind another bridge ("Internal@0,28,4/0,0") the bus is not told, nor by a name
/// that a firmware gave it ("Slot-2").
void read_place(std::string_view text, GuestFunction& function) {
  const auto at = text.find('@');
  const auto parts = split(at == text.npos ? std::string_view() : text.substr(at + 1), ',');
  if (parts.size() != 3) return;
  const auto bus = parse_unsigned(parts[0]), slot = parse_unsigned(parts[1]), number = parse_unsigned(parts[2]);
  if (!bus || !slot || !number || *bus > 255 || *slot > 31 || *number > 7) return;
  function.has_address = true;
  function.address = {0, static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*slot), static_cast<std::uint8_t>(*number)};
}

/// Some driver of Apple's shows a picture on any display, so of these "Yes" tells nothing.
void read_driver(std::string_view text, GuestFunction& function) {
  if (text == "No") function.driver = Observed<std::string>::absent();
  if (text != "Yes") return;
  const bool is_display = function.class_and_subclass.has_value() && function.class_and_subclass.value() >> 8 == 0x03;
  function.driver = is_display
                        ? Observed<std::string>::unreadable("macOS shows a picture on any display, with or without a driver")
                        : Observed<std::string>(std::string("a driver of macOS"));
}

void read_pair(std::string_view key, std::string_view value, GuestFunction& function) {
  const auto number = value.starts_with("0x") ? parse_unsigned(value.substr(2), 16) : std::nullopt;
  const auto id = number && *number <= 0xffff ? Observed<std::uint16_t>(static_cast<std::uint16_t>(*number))
                                              : Observed<std::uint16_t>::unreadable("the listing shows no number");
  if (key == "Vendor ID") function.id.vendor = id;
  if (key == "Device ID") function.id.device = id;
  if (key == "Subsystem Vendor ID") function.id.subsystem_vendor = id;
  if (key == "Subsystem ID") function.id.subsystem_device = id;
  if (key == "Revision ID" && number && *number <= 0xff) function.id.revision = static_cast<std::uint8_t>(*number);
  if (key == "Slot") read_place(value, function);
  if (key == "Driver Installed") read_driver(value, function);
  if (key == "Type")
    if (const auto code = class_of(value)) function.class_and_subclass = *code;
}

}  // namespace

Listing read_system_profiler(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  std::size_t depth_of_names = 0;
  while (lines.next()) {
    const auto line = lines.line();
    const auto content = trim(line);
    const auto depth = line.find_first_not_of(' ');
    if (content.empty() || depth == 0 || content.find(':') == content.npos) continue;
    if (depth_of_names == 0) depth_of_names = depth;
    if (depth <= depth_of_names) {
      if (listing.functions.size() == most_listed) lines.fail("too many devices");
      listing.functions.push_back(unseen_function());
      listing.functions.back().has_address = false;
      listing.functions.back().name = std::string(content.substr(0, content.size() - (content.ends_with(':') ? 1 : 0)));
      continue;
    }
    const auto colon = content.find(':');
    read_pair(content.substr(0, colon), trim(content.substr(colon + 1)), listing.functions.back());
  }
  listing.lists_functions = true;
  listing.has_gaps = lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
