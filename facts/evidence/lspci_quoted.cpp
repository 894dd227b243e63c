// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"

#include <algorithm>
#include <cstdint>
#include "facts/evidence/listing.hpp"

namespace vfio_doctor {
namespace {

struct Fields {
  std::vector<std::string_view> quoted;   ///< class, vendor, device, subsystem vendor and device, and BusyBox's driver
  std::vector<std::string_view> options;  ///< "-r3a", "-p02"
};

/// 09:00.0 "Network controller [0280]" "Intel Corporation [8086]" "Wireless 8260 [24f3]" -r3a "Intel ..." "..."
std::optional<Fields> fields_of(std::string_view text) {
  Fields fields;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (text.front() == '"') {
      const auto end = text.find('"', 1);
      if (end == text.npos) return std::nullopt;
      fields.quoted.push_back(text.substr(1, end - 1));
      text.remove_prefix(end + 1);
    } else if (text.front() == '-') {
      const auto end = std::min(text.find(' '), text.size());
      fields.options.push_back(text.substr(0, end));
      text.remove_prefix(end);
    } else {
      return std::nullopt;
    }
  }
  if (fields.quoted.size() < 3) return std::nullopt;
  return fields;
}

void read_option(std::string_view option, GuestFunction& function) {
  const auto number = option.size() == 4 ? parse_unsigned(option.substr(2), 16) : std::nullopt;
  if (!number) return;
  if (option[1] == 'r') function.id.revision = static_cast<std::uint8_t>(*number);
  if (option[1] == 'p' && function.class_and_subclass.has_value())
    function.id.class_code =
        static_cast<std::uint32_t>(function.class_and_subclass.value()) << 8 | static_cast<std::uint32_t>(*number);
}

std::optional<GuestFunction> read_line(std::string_view line) {
  const auto blank = line.find(' ');
  const auto address = blank == line.npos ? std::nullopt : PciAddress::parse(line.substr(0, blank));
  const auto fields = address ? fields_of(line.substr(blank)) : std::nullopt;
  if (!fields) return std::nullopt;
  const auto& quoted = fields->quoted;
  auto function = unseen_function();
  function.address = *address;
  read_class(quoted[0], function);
  const bool small = is_of_small_system(quoted[0]);
  std::string vendor, device, ignored;
  read_named_id(quoted[1], function.id.vendor, vendor);
  read_named_id(quoted[2], function.id.device, device);
  if (quoted.size() > 3) read_named_id(quoted[3], function.id.subsystem_vendor, ignored);
  if (quoted.size() > 4) read_named_id(quoted[4], function.id.subsystem_device, ignored);
  if (quoted.size() > 5 && small && !quoted[5].empty()) function.driver = std::string(quoted[5]);
  for (const auto option : fields->options) read_option(option, function);
  if (!function.id.revision.has_value() && !small) function.id.revision = std::uint8_t{0};  // pciutils leaves out 00
  function.name = std::string(trim(vendor + " " + device));
  read_id_in_name(function);
  return function;
}

}  // namespace

Listing read_lspci_quoted(std::string_view text, const std::string& name) {
  Listing listing;
  CapturedLines lines(text, name);
  bool shows_drivers = false;
  while (lines.next()) {
    if (trim(lines.line()).empty()) continue;
    auto function = read_line(trim(lines.line()));
    if (!function) lines.fail("not a line of lspci -mm");
    if (listing.functions.size() == most_listed) lines.fail("too many devices");
    shows_drivers = shows_drivers || function->driver.has_value();
    listing.functions.push_back(std::move(*function));
  }
  if (shows_drivers)
    for (auto& function : listing.functions)
      if (!function.driver.has_value()) function.driver = Observed<std::string>::absent();
  listing.lists_functions = true;
  listing.has_gaps = lines.has_gaps();
  return listing;
}

}  // namespace vfio_doctor
