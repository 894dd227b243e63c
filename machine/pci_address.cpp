// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pci_address.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// Hexadecimal digits and nothing else: no sign, no prefix. `text` has at most eight.
std::optional<std::uint32_t> hex_field(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<PciAddress> PciAddress::parse(std::string_view text) {
  PciAddress address;
  constexpr std::size_t short_length = std::string_view("01:00.0").size();
  if (text.size() < short_length) return std::nullopt;
  const auto rest = text.substr(text.size() - short_length);
  if (rest[2] != ':' || rest[5] != '.') return std::nullopt;
  if (auto before = text.substr(0, text.size() - short_length); !before.empty()) {
    if (before.back() != ':') return std::nullopt;
    before.remove_suffix(1);
    const auto domain = before.size() >= 4 && before.size() <= 8 ? hex_field(before) : std::nullopt;
    if (!domain) return std::nullopt;
    address.domain = *domain;
  }
  const auto bus = hex_field(rest.substr(0, 2)), device = hex_field(rest.substr(3, 2)), function = hex_field(rest.substr(6));
  if (!bus || !device || *device > 0x1f || !function || *function > 7) return std::nullopt;
  address.bus = static_cast<std::uint8_t>(*bus);
  address.device = static_cast<std::uint8_t>(*device);
  address.function = static_cast<std::uint8_t>(*function);
  return address;
}

std::string PciAddress::text() const {
  std::string text;
  append_hex(text, domain, 4);
  append_hex(text += ':', bus, 2);
  append_hex(text += ':', device, 2);
  append_hex(text += '.', function, 1);
  return text;
}

}  // namespace vfio_doctor
