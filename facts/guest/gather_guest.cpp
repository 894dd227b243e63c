// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"
#include "facts/guest/guest_view.hpp"
#include "machine/read_number.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* bus_directory = "/sys/bus/pci/devices";

Observed<std::string> read_driver(const Root& root, const std::string& path) {
  const auto target = root.read_link(path + "/driver");
  if (!target.has_value()) return target;
  return base_name(target.value());
}

/// The first six lines of `resource`: START END FLAGS (include/linux/ioport.h: 0x100 is I/O, 0x200 memory).
Observed<std::vector<GuestBar>> read_bars(const Root& root, const std::string& path) {
  using Bars = std::vector<GuestBar>;
  const auto content = root.read(path + "/resource");
  if (!content.has_value()) return Observed<Bars>::like(content);
  Bars bars;
  const auto lines = split_lines(content.value());
  for (unsigned index = 0; index < 6 && index < lines.size(); ++index) {
    const auto words = split_words(lines[index]);
    if (words.size() != 3) return Observed<Bars>::unreadable(path + "/resource is not what the kernel writes");
    const auto start = parse_unsigned(words[0], 16), end = parse_unsigned(words[1], 16), flags = parse_unsigned(words[2], 16);
    if (!start || !end || !flags) return Observed<Bars>::unreadable(path + "/resource holds no numbers");
    if (*end <= *start) continue;
    constexpr std::uint64_t is_io = 0x100, unset = 0x20000000;
    bars.push_back({index, *end - *start + 1, (*flags & is_io) != 0, *start != 0 && (*flags & unset) == 0});
  }
  return bars;
}

GuestFunction read_function(const Root& root, const PciAddress& address, const std::string& path) {
  GuestFunction function;
  function.address = address;
  if (const auto chain = SlotChain::of_sysfs_path(path))
    function.path = *chain;
  else
    function.path = Observed<SlotChain>::unreadable(path + " names no root bus");
  function.id.vendor = read_number<std::uint16_t>(root, path + "/vendor", 16);
  function.id.device = read_number<std::uint16_t>(root, path + "/device", 16);
  function.id.subsystem_vendor = read_number<std::uint16_t>(root, path + "/subsystem_vendor", 16);
  function.id.subsystem_device = read_number<std::uint16_t>(root, path + "/subsystem_device", 16);
  function.id.class_code = read_number<std::uint32_t>(root, path + "/class", 16);
  if (function.id.class_code.has_value())
    function.class_and_subclass = static_cast<std::uint16_t>(function.id.class_code.value() >> 8);
  function.id.revision = read_number<std::uint8_t>(root, path + "/revision", 16);
  function.driver = read_driver(root, path);
  function.power_state = root.read_line(path + "/power_state");
  function.runtime_status = root.read_line(path + "/power/runtime_status");
  function.bars = read_bars(root, path);
  function.problem_code = Observed<unsigned>::absent();
  read_config(root, path, function);
  return function;
}

/// Where `vendor` and its like are missing (a recording that kept `uevent` alone), the uevent says the same.
void fill_in_from_uevent(const Root& root, const std::string& path, GuestFunction& function) {
  if (!function.id.vendor.is_absent() && !function.id.class_code.is_absent()) return;
  const auto content = root.read(path + "/uevent", 65536);
  if (!content.has_value()) return;
  const auto pair = [](std::string_view text, Observed<std::uint16_t>& first, Observed<std::uint16_t>& second) {
    const auto parts = split(text, ':');
    const auto one = parse_unsigned(parts.front(), 16), two = parse_unsigned(parts.back(), 16);
    if (parts.size() != 2 || !one || !two || *one > 0xffff || *two > 0xffff) return;
    first = static_cast<std::uint16_t>(*one);
    second = static_cast<std::uint16_t>(*two);
  };
  for (const auto line : split_lines(content.value())) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "PCI_ID") pair(value, function.id.vendor, function.id.device);
    if (key == "PCI_SUBSYS_ID") pair(value, function.id.subsystem_vendor, function.id.subsystem_device);
    if (key != "PCI_CLASS") continue;
    if (const auto code = parse_unsigned(value, 16); code && *code <= 0xffffff) {
      function.id.class_code = static_cast<std::uint32_t>(*code);
      function.class_and_subclass = static_cast<std::uint16_t>(*code >> 8);
    }
  }
}

std::string guest_name(const Root& root) {
  const auto name = root.read_line("/proc/sys/kernel/hostname");
  if (name.has_value() && !name->empty() && name.value() != "(none)") return name.value();
  const auto configured = root.read_line("/etc/hostname");
  return configured.has_value() && !configured->empty() ? configured.value() : "this guest";
}

}  // namespace

bool GuestFunction::is_bridge() const { return class_and_subclass.has_value() && class_and_subclass.value() >> 8 == 0x06; }
bool GuestFunction::is_usb_controller() const {
  if (!class_and_subclass.is(0x0c03)) return false;
  // PCI Code and ID Assignment, class 0c03: 40 is a USB4 host interface (Thunderbolt), 80 is none of the standard ones,
  // fe a port's device side.
  const auto interface = id.class_code.has_value() ? id.class_code.value() & 0xff : 0x30;
  return interface != 0x40 && interface != 0x80 && interface != 0xfe;
}

GuestFunction* owner_of(const std::vector<FunctionPath>& functions, std::string_view resolved_path) {
  GuestFunction* owner = nullptr;
  std::size_t longest = 0;
  for (const auto& [path, function] : functions) {
    if (path.size() <= longest || !resolved_path.starts_with(path)) continue;
    if (resolved_path.size() != path.size() && resolved_path[path.size()] != '/') continue;
    owner = function;
    longest = path.size();
  }
  return owner;
}

GuestView gather_guest(const Root& root) {
  GuestView view;
  view.name = guest_name(root);
  view.kernel = root.read_line("/proc/sys/kernel/osrelease");
  const auto entries = root.list(bus_directory);
  if (!entries.has_value()) {
    view.functions = entries.is_absent() ? Observed<std::vector<GuestFunction>>::unreadable("/sys/bus/pci/devices is not there")
                                         : Observed<std::vector<GuestFunction>>::like(entries);
    return view;
  }
  std::vector<GuestFunction> functions;
  std::vector<std::string> paths;
  for (const auto& entry : entries.value()) {
    const auto address = PciAddress::parse(entry);
    if (!address) continue;
    const auto path = root.canonical(std::string(bus_directory) + "/" + entry);
    if (!path.has_value()) continue;  // went away while we looked
    functions.push_back(read_function(root, *address, path.value()));
    fill_in_from_uevent(root, path.value(), functions.back());
    paths.push_back(path.value());
  }
  std::vector<FunctionPath> places;
  for (std::size_t i = 0; i < functions.size(); ++i) places.push_back({paths[i], &functions[i]});
  gather_children(root, places);
  view.loose_usb = gather_usb(root, places);
  gather_interrupts(root, places);
  std::sort(functions.begin(), functions.end(),
            [](const GuestFunction& a, const GuestFunction& b) { return a.address < b.address; });
  view.functions = std::move(functions);
  gather_log_errors(root, view);
  return view;
}

}  // namespace vfio_doctor
