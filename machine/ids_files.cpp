// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/ids_files.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <vector>

#include "base/ascii.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_bytes = 8 << 20;
constexpr std::uint16_t no_class = 0xffff;  // a base class has two digits

/// "8086  Intel Corporation" -> (0x8086, "Intel Corporation"); the id has `digits` digits. Asked of 40,000 lines in a run: from_chars()
/// and trim() for each took three times as long.
std::optional<std::pair<std::uint16_t, std::string_view>> entry(std::string_view line, std::size_t digits) {
  if (line.size() < digits + 2 || line[digits] != ' ') return std::nullopt;
  unsigned id = 0;
  for (const char c : line.substr(0, digits)) {
    if (!is_hex_digit(c)) return std::nullopt;
    id = id << 4 | static_cast<unsigned>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  line.remove_prefix(digits + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) line.remove_suffix(1);
  return std::pair{static_cast<std::uint16_t>(id), line};
}

std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

/// Ends the lines, which reach too far, before `next`.
void end_lines(std::string_view& lines, std::string_view next) {
  lines = lines.substr(0, static_cast<std::size_t>(next.data() - lines.data()));
}

}  // namespace

IdsFile::IdsFile(const Root& root, Which which, const std::string& place) {
  const std::string name = which == Which::pci ? "pci.ids" : "usb.ids";
  for (const std::string& path :
       {place, "/usr/share/hwdata/" + name, "/usr/share/misc/" + name, "/usr/share/" + name, "/var/lib/usbutils/" + name}) {
    if (path.empty()) continue;
    auto content = root.read(path, most_bytes);
    if (!content.has_value()) continue;
    text_ = std::move(content.value());
    break;
  }
  read();
}

/// Of 40,000 lines most belong to a vendor and are passed over; its end is where the next line that is not indented begins.
void IdsFile::read() {
  vendors_.reserve(4096);
  std::string_view rest = text_;
  std::uint16_t open_class = no_class;
  bool in_vendor = false;
  while (!rest.empty()) {
    const auto line = next_line(rest);
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '\t') {
      const auto subclass = open_class == no_class ? std::nullopt : entry(line.substr(1), 2);
      if (subclass) classes_[static_cast<std::uint16_t>(open_class << 8 | subclass->first)] = subclass->second;
      continue;
    }
    if (in_vendor) end_lines(vendors_.back().lines, line);
    const auto vendor = entry(line, 4);
    in_vendor = vendor.has_value();
    if (vendor) vendors_.push_back({vendor->first, vendor->second, rest});
    const auto base = line.starts_with("C ") ? entry(line.substr(2), 2) : std::nullopt;
    open_class = base ? base->first : no_class;
    if (base) classes_.try_emplace(static_cast<std::uint16_t>(open_class << 8 | 0xff), base->second);
  }
  if (!std::ranges::is_sorted(vendors_, {}, &Vendor::id)) std::ranges::stable_sort(vendors_, {}, &Vendor::id);
}

const IdsFile::Vendor* IdsFile::find(std::uint16_t vendor) const {
  const auto after = std::ranges::upper_bound(vendors_, vendor, {}, &Vendor::id);
  return after != vendors_.begin() && std::prev(after)->id == vendor ? &*std::prev(after) : nullptr;
}

std::optional<std::string> IdsFile::vendor(std::uint16_t vendor) const {
  const auto* found = find(vendor);
  return found ? std::optional(std::string(found->name)) : std::nullopt;
}

std::optional<std::string> IdsFile::device(std::uint16_t vendor, std::uint16_t device) const {
  const auto* found = find(vendor);
  if (!found) return std::nullopt;
  auto [slot, is_new] = devices_.try_emplace(vendor);
  auto& devices = slot->second;
  if (is_new) {
    std::string_view rest = found->lines;
    while (!rest.empty()) {
      const auto line = next_line(rest);
      if (line.size() < 2 || line[0] != '\t' || line[1] == '\t') continue;
      if (const auto known = entry(line.substr(1), 4)) devices.push_back(*known);
    }
    if (!std::ranges::is_sorted(devices, {}, &Devices::value_type::first))
      std::ranges::stable_sort(devices, {}, &Devices::value_type::first);
  }
  const auto known = std::ranges::lower_bound(devices, device, {}, &Devices::value_type::first);
  if (known == devices.end() || known->first != device) return std::nullopt;
  return std::string(known->second);
}

std::optional<std::string> IdsFile::subsystem(std::uint16_t vendor, std::uint16_t device, std::uint16_t subsystem_vendor,
                                              std::uint16_t subsystem_device) const {
  const auto* found = find(vendor);
  if (!found) return std::nullopt;
  std::string_view rest = found->lines;
  bool of_this_device = false;
  while (!rest.empty()) {
    const auto line = next_line(rest);
    if (line.starts_with("\t\t")) {
      const auto first = of_this_device ? entry(line.substr(2), 4) : std::nullopt;
      const auto second = first && first->first == subsystem_vendor ? entry(first->second, 4) : std::nullopt;
      if (second && second->first == subsystem_device) return std::string(second->second);
      continue;
    }
    const auto known = line.starts_with('\t') ? entry(line.substr(1), 4) : std::nullopt;
    of_this_device = known && known->first == device;
  }
  return std::nullopt;
}

std::optional<std::string> IdsFile::device_class(std::uint16_t class_and_subclass) const {
  auto found = classes_.find(class_and_subclass);
  if (found == classes_.end()) found = classes_.find(static_cast<std::uint16_t>(class_and_subclass | 0xff));
  if (found == classes_.end()) return std::nullopt;
  return std::string(found->second);
}

std::optional<std::string> IdsFile::exact_class(std::uint16_t class_and_subclass) const {
  const auto found = classes_.find(class_and_subclass);
  // XXff stands for the base class.
  if (found == classes_.end() || (class_and_subclass & 0xff) == 0xff) return std::nullopt;
  return std::string(found->second);
}

}  // namespace vfio_doctor
