// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vfio_doctor {

/// Where a PCI function sits: domain (up to 32 bits: VMD and Hyper-V use more than 16), bus,
/// device (0..31) and function (0..7).
struct PciAddress {
  std::uint32_t domain = 0;
  std::uint8_t bus = 0;
  std::uint8_t device = 0;
  std::uint8_t function = 0;

  /// Accepts "0000:03:00.0" and, with domain 0, "03:00.0"; digits are hexadecimal, the domain has
  /// 4 to 8 of them. Nothing on anything else.
  static std::optional<PciAddress> parse(std::string_view text);
  /// "0000:03:00.0"; a domain above ffff is printed with as many digits as it needs.
  std::string text() const;
  auto operator<=>(const PciAddress&) const = default;
};

}  // namespace vfio_doctor
