// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/evidence/windows_device.hpp"

namespace vfio_doctor {
using Json = nlohmann::json;

namespace {

/// An instance id has a third part, which tells the place; hardware and compatible ids have two.
bool is_instance_id(std::string_view value) {
  return (value.starts_with("PCI\\VEN_") || value.starts_with("USB\\VID_") || value.starts_with("USB\\ROOT_HUB")) &&
         std::ranges::count(value, '\\') >= 2;
}

/// The members of a device, whatever their keys are called in the language of the guest.
void read_pnputil_member(std::string_view key, std::string_view value, WindowsDevice& device) {
  if (key == "Device Description") device.name = std::string(value);
  if (key == "Class Name") device.class_name = std::string(value);
  if (key == "Status") device.status = std::string(value);
  if (device.driver.empty() && value.ends_with(".inf")) device.driver = std::string(value);
  if (value.starts_with("PCI\\") && device.ids.size() < 64) device.ids.emplace_back(value);
  if (key == "Problem Code" || value.find("[CM_PROB_") != value.npos)
    if (const auto words = split_words(value); !words.empty())
      if (const auto code = parse_unsigned(words[0]); code && *code < 1000) device.problem = static_cast<unsigned>(*code);
}

}  // namespace

Listing read_pnputil(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  std::optional<WindowsDevice> open;
  const auto finish = [&] {
    if (open) add_windows_device(*open, listing);
    open.reset();
  };
  bool may_start = true;  // a device starts behind an empty line; /relations names others below it
  while (lines.next()) {
    const auto raw = lines.line();
    const auto line = trim(raw);
    const auto colon = line.find(':');
    const auto key = colon == line.npos ? std::string_view() : line.substr(0, colon);
    const auto value = colon == line.npos ? line : trim(line.substr(colon + 1));
    const bool starts =
        value.find('\\') != value.npos && (key == "Instance ID" || (colon != line.npos && may_start && is_instance_id(value)));
    may_start = line.empty();
    if (starts) {
      finish();
      if (listing.functions.size() + listing.usb.size() >= most_listed) lines.fail("too many devices");
      open.emplace();
      open->instance_id = std::string(value);
    } else if (open) {
      // Indented are lists: the drivers that would fit (/drivers), more ids (/deviceids).
      const bool is_listed = raw.starts_with(' ') || raw.starts_with('\t');
      read_pnputil_member(is_listed ? std::string_view() : key,
                          is_listed && value.ends_with(".inf") ? std::string_view() : value, *open);
    }
  }
  finish();
  listing.lists_functions = true;
  listing.lists_usb = !listing.usb.empty();
  listing.has_gaps = lines.has_gaps();
  return listing;
}

namespace {

/// A record of Format-List as the JSON that ConvertTo-Json would make of it.
Json value_of(std::string_view key, std::string_view value) {
  if (key == "Present") return value == "True" || value == "TRUE";
  if (value.starts_with('{') && value.ends_with('}')) {
    Json list = Json::array();
    for (const auto part : split(value.substr(1, value.size() - 2), ',')) list.push_back(std::string(trim(part)));
    return list;
  }
  if (key == "Problem" || key == "ConfigManagerErrorCode" || key == "ProblemCode")
    if (const auto number = parse_unsigned(value)) return *number;
  return std::string(value);
}

}  // namespace

Listing read_windows_list(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  auto record = Json::object();
  const auto finish = [&] {
    if (listing.functions.size() + listing.usb.size() >= most_listed) lines.fail("too many devices");
    if (!record.empty()) add_windows_device(device_of(record, name), listing);
    record = Json::object();
  };
  while (lines.next()) {
    const auto line = trim(lines.line());
    const auto mark = line.find_first_of(":=");
    if (mark == line.npos) {  // wmic puts empty lines between all members
      if (line.empty() && !record.contains("\twmic")) finish();
      continue;
    }
    const auto key = std::string(trim(line.substr(0, mark)));
    if (record.contains(key)) finish();
    if (line[mark] == '=') record["\twmic"] = true;
    record[key] = value_of(key, trim(line.substr(mark + 1)));
  }
  finish();
  listing.lists_functions = !listing.functions.empty();
  listing.lists_usb = !listing.usb.empty();
  listing.has_gaps = lines.has_gaps();
  return listing;
}

/// Columns start where the dashes below the heading do. A cut instance id ("PCI\VEN_...") leaves the ids unseen.
Listing read_windows_table(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  std::vector<std::size_t> starts;
  while (lines.next()) {
    const auto line = lines.line();
    if (line.starts_with("------")) {
      starts.clear();
      for (std::size_t at = 0; at < line.size(); ++at)
        if (line[at] == '-' && (at == 0 || line[at - 1] == ' ')) starts.push_back(at);
      continue;
    }
    if (starts.size() != 4 || trim(line).empty() || line.size() <= starts[3]) continue;
    const auto column = [&](std::size_t at) {
      const auto end = at + 1 < starts.size() ? starts[at + 1] : line.size();
      return std::string(trim(line.substr(starts[at], end - starts[at])));
    };
    if (listing.functions.size() + listing.usb.size() >= most_listed) lines.fail("too many devices");
    WindowsDevice device;
    device.status = column(0);
    device.class_name = column(1);
    device.name = column(2);
    device.instance_id = column(3);
    add_windows_device(device, listing);
    if (device.instance_id.ends_with("...") || device.instance_id.ends_with("\xe2\x80\xa6")) listing.has_gaps = true;
  }
  if (starts.size() != 4) lines.fail("a table without its line of dashes");
  listing.lists_functions = true;
  listing.lists_usb = !listing.usb.empty();
  listing.has_gaps = listing.has_gaps || lines.has_gaps();
  return listing;
}

Listing read_devcon(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  std::optional<WindowsDevice> open;
  const auto finish = [&] {
    if (open) add_windows_device(*open, listing);
    open.reset();
  };
  while (lines.next()) {
    const auto line = trim(lines.line());
    if (line.starts_with("PCI\\") || line.starts_with("USB\\")) {
      if (lines.line().starts_with(' ')) continue;  // devcon hwids lists more ids below
      finish();
      if (listing.functions.size() + listing.usb.size() >= most_listed) lines.fail("too many devices");
      open.emplace();
      const auto colon = line.find(": ");  // devcon find
      open->instance_id = std::string(trim(line.substr(0, colon)));
      if (colon != line.npos) open->name = std::string(trim(line.substr(colon + 2)));
    } else if (open) {
      if (line.starts_with("Name: ")) open->name = std::string(line.substr(6));
      if (line == "Driver is running.") open->status = "started";
      if (line == "Device is disabled.") open->status = "disabled";
      constexpr std::string_view problem = "The device has the following problem: ";
      if (line.starts_with(problem))
        if (const auto code = parse_unsigned(line.substr(problem.size())); code && *code < 1000) {
          open->problem = static_cast<unsigned>(*code);
          open->status = "error";
        }
    }
  }
  finish();
  listing.lists_functions = true;
  listing.lists_usb = !listing.usb.empty();
  listing.has_gaps = lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
