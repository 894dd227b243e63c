// SPDX-License-Identifier: GPL-2.0-or-later
// What driverctl gives to a driver at each start of the host.
#include <algorithm>

#include "base/text.hpp"
#include "facts/modules/modules.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_overrides = 512;
const std::string directory = "/etc/driverctl.d";

}  // namespace

/// A file "pci-ADDRESS" with the driver's name in it (driverctl 0.111: save_override(), and 05-driverctl.rules, which starts
/// driverctl@.service for a device that has such a file).
void read_driverctl(const Root& root, ModuleFacts& facts) {
  constexpr std::string_view bus = "pci-";
  const auto names = root.list(directory);
  if (names.is_unreadable()) facts.unread.push_back(directory + ": " + names.why());
  if (!names.has_value()) return;
  for (const auto& name : names.value()) {
    const auto address = name.starts_with(bus) ? PciAddress::parse(std::string_view(name).substr(bus.size())) : std::nullopt;
    if (!address || facts.start_overrides.size() == most_overrides) continue;
    const auto file = directory + "/" + name;
    const auto driver = root.read_line(file);
    if (driver.is_unreadable()) facts.unread.push_back(file + ": " + driver.why());
    if (driver.has_value() && !driver->empty()) facts.start_overrides.push_back({*address, *driver, file});
  }
  std::ranges::sort(facts.start_overrides, {}, &StartOverride::address);
}

}  // namespace vfio_doctor
