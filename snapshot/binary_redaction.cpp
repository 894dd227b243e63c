// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/binary_redaction.hpp"

#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t shortest_text = 6;

std::string to_hex(std::string_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

std::string from_hex(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(parse_unsigned(text.substr(i, 2), 16).value_or(0));
  return bytes;
}

std::uint32_t double_word(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// The first three fields of a GUID lie in memory with their bytes turned round.
std::string turn_fields(const std::string& guid) {
  static constexpr std::array<std::size_t, 16> order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string turned(16, '\0');
  for (std::size_t i = 0; i < 16; ++i) turned[i] = guid[order[i]];
  return turned;
}

bool is_printable(char c) { return c >= ' ' && c < 0x7f; }

/// UTF-16 runs, from `start`. `in_place`: what follows a run must stay where it is.
std::string redact_wide_text(const std::string& bytes, std::size_t start, bool in_place, const TextRedactor& text) {
  std::string out = bytes.substr(0, start);
  for (std::size_t at = start; at < bytes.size();) {
    std::string run;
    auto end = at;
    while (end + 1 < bytes.size() && is_printable(bytes[end]) && bytes[end + 1] == '\0') {
      run += bytes[end];
      end += 2;
    }
    if (run.size() < 4) {
      out += bytes[at++];
      continue;
    }
    for (const char c : in_place ? text.redact_in_place(run) : text.redact(run)) out += {c, '\0'};
    at = end;
  }
  return out;
}

}  // namespace

std::string redact_pci_config(std::string bytes, Pseudonyms& pseudonyms) {
  constexpr std::size_t extended = 0x100, bytes_of_serial = 8;
  constexpr std::uint32_t serial_capability = 0x0003;
  std::size_t at = extended;
  for (int steps = 0; steps < 960 && at >= extended && at + 4 + bytes_of_serial <= bytes.size(); ++steps) {
    const auto header = double_word(bytes, at);
    if ((header & 0xffff) == serial_capability) {
      const auto serial = bytes.substr(at + 4, bytes_of_serial);
      bytes.replace(at + 4, bytes_of_serial, from_hex(pseudonyms.hexadecimal("PCI serial", to_hex(serial))));
    }
    at = header >> 20;
  }
  return bytes;
}

std::string redact_efi_variable(const std::string& name, std::string bytes, const TextRedactor& text, Pseudonyms& pseudonyms) {
  using namespace std::string_view_literals;
  constexpr std::size_t attributes = 4;
  const bool has_device_paths = name.starts_with("Boot");
  if (bytes.size() <= attributes) return bytes;
  // UEFI specification 10.3: hard drive (4, 1, 42 bytes, GUID at 24) and MAC address (3, 11, 37 bytes, address at 4).
  for (auto at = bytes.find("\x04\x01\x2a\x00"sv); has_device_paths && at != bytes.npos && at + 42 <= bytes.size();
       at = bytes.find("\x04\x01\x2a\x00"sv, at + 42))
    bytes.replace(at + 24, 16, turn_fields(from_hex(pseudonyms.hexadecimal("UUID", to_hex(turn_fields(bytes.substr(at + 24, 16)))))));
  for (auto at = bytes.find("\x03\x0b\x25\x00"sv); has_device_paths && at != bytes.npos && at + 37 <= bytes.size();
       at = bytes.find("\x03\x0b\x25\x00"sv, at + 37))
    bytes.replace(at + 4, 6, from_hex(pseudonyms.hexadecimal("MAC address", to_hex(bytes.substr(at + 4, 6)))));
  return redact_wide_text(bytes, attributes, has_device_paths, text);
}

std::string redact_binary(std::string bytes, const TextRedactor& text) {
  for (std::size_t at = 0; at < bytes.size();) {
    auto end = at;
    while (end < bytes.size() && (is_printable(bytes[end]) || bytes[end] == '\n' || bytes[end] == '\t')) ++end;
    if (end - at >= shortest_text) bytes.replace(at, end - at, text.redact_in_place(std::string_view(bytes).substr(at, end - at)));
    at = end + 1;
  }
  return bytes;
}

}  // namespace vfio_doctor
