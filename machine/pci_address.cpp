// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pci_address.hpp"

#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// A hexadecimal field with a number of digits in [least, most] and a value of at most `limit`.
std::optional<std::uint32_t> hex_field(std::string_view text, std::size_t least, std::size_t most, std::uint64_t limit) {
  if (text.size() < least || text.size() > most || text.find_first_of("xX") != text.npos) return std::nullopt;
  const auto value = parse_unsigned(text, 16);
  if (!value || *value > limit) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

}  // namespace

std::optional<PciAddress> PciAddress::parse(std::string_view text) {
  PciAddress address;
  const auto parts = split(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return std::nullopt;
  if (parts.size() == 3) {
    const auto domain = hex_field(parts[0], 4, 8, 0xffffffff);
    if (!domain) return std::nullopt;
    address.domain = *domain;
  }
  const auto bus = hex_field(parts[parts.size() - 2], 2, 2, 0xff);
  const auto slot = parts.back();
  if (!bus || slot.size() != 4 || slot[2] != '.') return std::nullopt;
  const auto device = hex_field(slot.substr(0, 2), 2, 2, 0x1f);
  const auto function = hex_field(slot.substr(3), 1, 1, 7);
  if (!device || !function) return std::nullopt;
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
