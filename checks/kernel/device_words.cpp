// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/device_words.hpp"

#include <array>

namespace vfio_doctor {

bool is_display(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return kind && *kind >> 8 == 0x03;
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
