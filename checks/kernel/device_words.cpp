// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/device_words.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace vfio_doctor {

bool is_display(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return kind && *kind >> 8 == 0x03;
}

bool is_vga(const PciFunction& function) { return function.class_and_subclass() == 0x0300; }

std::string what_host_does_with(const Host& host, const PciAddress& address) {
  const auto is_among = [&address](const std::vector<PciAddress>& functions) {
    return std::ranges::find(functions, address) != functions.end();
  };
  if (const auto* uses = host.storage.uses.get())
    for (const auto& use : *uses)
      if (is_among(use.functions)) return "holds " + use.use;
  if (const auto* paths = host.network.paths.get())
    for (const auto& path : *paths)
      if (is_among(path.functions)) return "carries the " + path.use;
  return {};
}

std::string size_words(std::uint64_t bytes) {
  static constexpr std::array<const char*, 5> units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  std::uint64_t rest = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    rest = bytes % 1024;
    bytes /= 1024;
    ++unit;
  }
  const auto tenth = rest * 10 / 1024;
  return std::to_string(bytes) + (bytes < 100 && tenth > 0 ? "." + std::to_string(tenth) : "") + " " + units[unit];
}

}  // namespace vfio_doctor
