// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/selector.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/text.hpp"
#include "facts/pci/named_device.hpp"
#include "verdicts/device_words.hpp"

namespace vfio_doctor {
namespace {

using Functions = std::vector<const PciFunction*>;

/// An address, or without a function number a slot.
struct Place {
  PciAddress address;
  bool whole_slot = false;
};

std::string with_zeros(std::string_view digits, std::size_t width) {
  return std::string(width > digits.size() ? width - digits.size() : 0, '0') + std::string(digits);
}

/// "pci_0000_03_00_0", libvirt's name for a function, as an address; anything else as it is.
std::string without_node_name(std::string_view text) {
  const auto parts = split(text, '_');
  if (parts.size() != 5 || parts[0] != "pci") return std::string(text);
  return std::string(parts[1]) + ":" + std::string(parts[2]) + ":" + std::string(parts[3]) + "." + std::string(parts[4]);
}

/// "0000:03:00.0" and what people make of it: no domain, no leading zeros, no function. Four digits on both sides of one
/// colon are ids.
std::optional<Place> parse_place(std::string_view selector) {
  const auto text = without_node_name(selector);
  auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto domain = parts.size() == 3 ? with_zeros(parts[0], 4) : "0000";
  const auto bus = parts[parts.size() - 2];
  const auto slot = split(parts.back(), '.');
  if (bus.empty() || bus.size() > 2 || slot.size() > 2 || slot[0].empty() || slot[0].size() > 2) return std::nullopt;
  const std::string function(slot.size() == 2 ? slot[1] : "0");
  const auto address = PciAddress::parse(domain + ":" + with_zeros(bus, 2) + ":" + with_zeros(slot[0], 2) + "." + function);
  if (!address) return std::nullopt;
  return Place{*address, slot.size() == 1};
}

struct Ids {
  std::uint16_t vendor, device;
};

std::optional<Ids> parse_ids(std::string_view selector) {
  const auto parts = split(selector, ':');
  if (parts.size() != 2 || parts[0].size() != 4 || parts[1].size() != 4) return std::nullopt;
  const auto vendor = parse_unsigned(parts[0], 16), device = parse_unsigned(parts[1], 16);
  if (!vendor || !device) return std::nullopt;
  return Ids{static_cast<std::uint16_t>(*vendor), static_cast<std::uint16_t>(*device)};
}

bool is_path(std::string_view text) { return text.starts_with("/sys/") || text.starts_with("/dev/"); }

template <class Condition>
Functions functions_where(const Host& host, Condition condition) {
  Functions found;
  for (const auto& function : host.all_functions())
    if (condition(function)) found.push_back(&function);
  return found;
}

Functions function_at(const Host& host, const std::optional<PciAddress>& address) {
  const auto* function = address ? host.find(*address) : nullptr;
  return function ? Functions{function} : Functions{};
}

Functions functions_at(const Host& host, const Place& place) {
  if (!place.whole_slot) return function_at(host, place.address);
  return functions_where(host, [&](const PciFunction& function) {
    auto slot = function.address;
    slot.function = 0;
    return slot == place.address;
  });
}

Functions functions_of_path(const Host& host, const Root& root, std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  const auto address =
      path.starts_with("/dev/") ? function_of_named_device(root, base_name(path)) : function_of_sysfs_path(root, path);
  return function_at(host, address);
}

}  // namespace

bool looks_like_device(std::string_view text) {
  return parse_place(text) || parse_ids(text) || is_path(text) || is_device_word(text);
}

bool names_a_slot(std::string_view selector) {
  const auto place = parse_place(selector);
  return place && place->whole_slot;
}

Functions functions_named(const Host& host, const Root& root, std::string_view selector) {
  if (const auto place = parse_place(selector)) return functions_at(host, *place);
  if (const auto ids = parse_ids(selector))
    return functions_where(host, [&](const PciFunction& function) {
      return function.id.vendor.is(ids->vendor) && function.id.device.is(ids->device);
    });
  if (is_path(selector)) return functions_of_path(host, root, std::string(selector));
  if (is_device_word(selector))
    return functions_where(host, [&](const PciFunction& function) {
      return function.id.class_code.has_value() && means_class(selector, function.id.class_code.value());
    });
  if (auto found = function_at(host, function_of_named_device(root, selector)); !found.empty()) return found;
  auto by_driver = functions_where(host, [&](const PciFunction& function) {
    return function.driver.has_value() && function.driver.value() == selector;
  });
  if (!by_driver.empty()) return by_driver;
  const auto wanted = to_lower(selector);
  return functions_where(host, [&](const PciFunction& function) {
    return !wanted.empty() && to_lower(function.name).find(wanted) != std::string::npos;
  });
}

}  // namespace vfio_doctor
