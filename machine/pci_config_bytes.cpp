// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pci_config_bytes.hpp"

#include <bitset>

#include "base/text.hpp"

namespace vfio_doctor {

std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

std::optional<std::size_t> find_extended_capability(std::string_view bytes, unsigned id) {
  constexpr std::size_t list_begin = 0x100, space_end = 0x1000;
  std::size_t at = list_begin;
  std::bitset<space_end> visited;
  while (at >= list_begin && at + 8 <= bytes.size() && !visited[at]) {
    visited[at] = true;
    const auto header = little_endian(bytes, at, 4);
    if (header == 0 || header == 0xffffffff) return std::nullopt;
    if ((header & 0xffff) == id) return at;
    at = header >> 20 & ~3U;
  }
  return std::nullopt;
}

std::optional<std::string> device_serial(std::string_view bytes) {
  constexpr unsigned serial_number_capability = 3;
  const auto at = find_extended_capability(bytes, serial_number_capability);
  if (!at || *at + 12 > bytes.size()) return std::nullopt;
  std::string text;
  for (std::size_t i = 8; i-- > 0;) text += hex_text(static_cast<std::uint8_t>(bytes[*at + 4 + i]), 2) + (i == 0 ? "" : "-");
  return text;
}

}  // namespace vfio_doctor
