// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/device_matching.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Devices = std::vector<const DeviceReport*>;
using Key = std::function<std::string(const DeviceReport&)>;
using ByAddress = std::map<PciAddress, const DeviceReport*>;

constexpr int most_bridges = 32;

std::string identity(const DeviceReport& device) {
  std::string key;
  const auto add = [&key](const auto& part, std::size_t digits) {
    key += (part.has_value() ? hex_text(part.value(), digits) : "?") + ":";
  };
  for (const auto* part : {&device.id.vendor, &device.id.device, &device.id.subsystem_vendor, &device.id.subsystem_device})
    add(*part, 4);
  add(device.id.class_code, 6);
  add(device.id.revision, 2);
  return key;
}

ByAddress by_address(const Report& report) {
  ByAddress all;
  for (const auto& device : report.devices) all.emplace(device.address, &device);
  return all;
}

/// "0000:00:1c.0/00.0": the address of the topmost bridge, then slot and function on each way down. Bus numbers are
/// given anew at every boot and move when a card is added; these stay.
std::string place(const DeviceReport& device, const ByAddress& all) {
  std::string below;
  const auto* at = &device;
  for (int bridges = 0; at->parent && bridges < most_bridges; ++bridges) {
    const auto address = at->address.text();
    below = "/" + address.substr(address.rfind(':') + 1) + below;
    const auto above = all.find(*at->parent);
    if (above == all.end()) return at->parent->text() + below;
    at = above->second;
  }
  return at->address.text() + below;
}

/// Moves those of `before` and `after` that share a key nobody else has into `same`.
void match_unique(Devices& before, Devices& after, const Key& before_key, const Key& after_key, DeviceMatching& matching) {
  std::map<std::string, std::pair<Devices, Devices>> keyed;
  for (const auto* device : before) keyed[before_key(*device)].first.push_back(device);
  for (const auto* device : after) keyed[after_key(*device)].second.push_back(device);
  for (const auto& [key, sides] : keyed) {
    if (sides.first.size() != 1 || sides.second.size() != 1) continue;
    matching.same.emplace_back(sides.first.front(), sides.second.front());
    std::erase(before, sides.first.front());
    std::erase(after, sides.second.front());
  }
}

}  // namespace

DeviceMatching match_devices(const Report& before, const Report& after) {
  const auto all_before = by_address(before), all_after = by_address(after);
  std::map<std::string, std::pair<Devices, Devices>> identical;
  for (const auto& device : before.devices) identical[identity(device)].first.push_back(&device);
  for (const auto& device : after.devices) identical[identity(device)].second.push_back(&device);
  DeviceMatching matching;
  const Key address = [](const DeviceReport& device) { return device.address.text(); };
  const Key any = [](const DeviceReport&) { return std::string(); };
  for (auto& [key, sides] : identical) {
    auto& [earlier, later] = sides;
    match_unique(
        earlier, later, [&](const DeviceReport& device) { return place(device, all_before); },
        [&](const DeviceReport& device) { return place(device, all_after); }, matching);
    match_unique(earlier, later, address, address, matching);
    match_unique(earlier, later, any, any, matching);
    if (!earlier.empty() && !later.empty()) {
      matching.twins.push_back({earlier, later});
      continue;
    }
    matching.gone.insert(matching.gone.end(), earlier.begin(), earlier.end());
    matching.added.insert(matching.added.end(), later.begin(), later.end());
  }
  const auto by_later_address = [](const auto& pair) { return pair.second->address; };
  std::ranges::sort(matching.same, {}, by_later_address);
  for (auto* devices : {&matching.gone, &matching.added})
    std::ranges::sort(*devices, {}, [](const DeviceReport* device) { return device->address; });
  for (const auto& [earlier, later] : matching.same) matching.moved_to[earlier->address.text()] = later->address.text();
  return matching;
}

}  // namespace vfio_doctor
