// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// Where a function sits in a guest, said without bus numbers (those are the guest firmware's choice): the
/// slot.function of every bridge from the root bus down, then its own. "02.1/00.0" is function 0 of slot 0 behind
/// the bridge at slot 2, function 1 of the root bus.
struct SlotChain {
  struct Step {
    std::uint8_t slot = 0;      ///< 0..31
    std::uint8_t function = 0;  ///< 0..7
    auto operator<=>(const Step&) const = default;
  };
  std::vector<Step> steps;  ///< never empty, at most `most_steps`

  static constexpr std::size_t most_steps = 64;

  /// Reads text(); slots of one hexadecimal digit are accepted too. Nothing on anything else.
  static std::optional<SlotChain> parse(std::string_view text);
  /// The chain of a resolved sysfs path: "/sys/devices/pci0000:00/0000:00:02.1/0000:03:00.0" -> 02.1/00.0.
  static std::optional<SlotChain> of_sysfs_path(std::string_view path);
  std::string text() const;
  bool operator==(const SlotChain&) const = default;
};

}  // namespace vfio_doctor
