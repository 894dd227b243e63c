// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/binary_redaction.hpp"

#include <algorithm>
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

std::size_t little_endian(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) | static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

/// What a node of a device path keeps besides its header (UEFI specification 10.3): hardware paths, ACPI names, what says on
/// which port a disk is. Ids of disks and cards get stand-ins, names are words, all else is emptied.
std::string redact_path_node(std::string node, const TextRedactor& text, Pseudonyms& pseudonyms) {
  const auto type = static_cast<unsigned char>(node[0]), subtype = static_cast<unsigned char>(node[1]);
  const bool hard_drive = type == 4 && subtype == 1 && node.size() == 42,
             card = type == 3 && subtype == 11 && node.size() == 37;
  if (hard_drive) {
    const auto id = to_hex(turn_fields(node.substr(24, 16)));
    std::fill(node.begin() + 8, node.begin() + 24, '\0');  // where it begins and how long it is
    return node.replace(24, 16, turn_fields(from_hex(pseudonyms.hexadecimal("UUID", id))));
  }
  if (card) std::fill(node.begin() + 10, node.end(), '\0');
  if (card) return node.replace(4, 6, from_hex(pseudonyms.hexadecimal("MAC address", to_hex(node.substr(4, 6)))));
  if (type == 4 && subtype == 4) return redact_binary(redact_wide_text(node, 4, true, text), text);
  const bool place = (type == 2 && subtype == 1) || (type == 1 && subtype <= 3) ||
                     (type == 3 && (subtype <= 2 || subtype == 5 || subtype == 18));
  constexpr std::size_t longest_place = 12;
  if (!place || node.size() > longest_place) std::fill(node.begin() + 4, node.end(), '\0');
  return node;
}

/// A load option (UEFI specification 3.1.3) behind the variable's attributes: what it is called, where it lies; what it is
/// started with goes. Nothing where it is none.
std::string redact_load_option(const std::string& bytes, std::size_t start, const TextRedactor& text, Pseudonyms& pseudonyms) {
  constexpr std::size_t before_name = 6, node_header = 4;
  if (bytes.size() < start + before_name + 2) return {};
  const auto list_length = little_endian(bytes, start + 4);
  std::string name;
  auto at = start + before_name;
  for (; at + 1 < bytes.size() && little_endian(bytes, at) != 0; at += 2) {
    const bool ascii = bytes[at + 1] == '\0' && is_printable(bytes[at]);
    name += ascii ? std::string(1, bytes[at]) : std::string("\xc3\xa4");  // a letter of some language
  }
  at += 2;
  if (at > bytes.size() || list_length > bytes.size() - at) return {};
  auto out = bytes.substr(0, start + before_name);
  for (const char c : text.redact(name)) out += {static_cast<unsigned char>(c) < 0x80 ? c : '?', '\0'};
  out += std::string(2, '\0');
  const auto end = at + list_length;
  while (at < end) {
    const auto length = at + node_header <= end ? little_endian(bytes, at + 2) : 0;
    if (length < node_header || length > end - at) return {};
    out += redact_path_node(bytes.substr(at, length), text, pseudonyms);
    at += length;
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
  if (bytes.size() <= attributes) return bytes;
  const bool is_option =
      name.starts_with("Boot0") || name.starts_with("Boot1") || name.starts_with("Boot2") || name.starts_with("BootF");
  if (!is_option) return redact_binary(redact_wide_text(bytes, attributes, false, text), text);
  if (auto option = redact_load_option(bytes, attributes, text, pseudonyms); !option.empty()) return option;
  // Not what the specification says: the ids that are found by their nodes' headers, and texts.
  for (auto at = bytes.find("\x04\x01\x2a\x00"sv); at != bytes.npos && at + 42 <= bytes.size();
       at = bytes.find("\x04\x01\x2a\x00"sv, at + 42))
    bytes.replace(at, 42, redact_path_node(bytes.substr(at, 42), text, pseudonyms));
  for (auto at = bytes.find("\x03\x0b\x25\x00"sv); at != bytes.npos && at + 37 <= bytes.size();
       at = bytes.find("\x03\x0b\x25\x00"sv, at + 37))
    bytes.replace(at, 37, redact_path_node(bytes.substr(at, 37), text, pseudonyms));
  return redact_binary(redact_wide_text(bytes, attributes, true, text), text);
}

std::string redact_binary(std::string bytes, const TextRedactor& text) {
  for (std::size_t at = 0; at < bytes.size();) {
    auto end = at;
    while (end < bytes.size() && (is_printable(bytes[end]) || bytes[end] == '\n' || bytes[end] == '\t')) ++end;
    if (end - at >= shortest_text)
      bytes.replace(at, end - at, text.redact_in_place(std::string_view(bytes).substr(at, end - at)));
    at = end + 1;
  }
  return bytes;
}

}  // namespace vfio_doctor
