// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/efi_stub.hpp"

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_bytes = 16 * 1024;
constexpr auto global_guid = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";  // EFI_GLOBAL_VARIABLE

unsigned two_bytes(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) | static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

/// UTF-16, little endian, up to a zero or the end; `at` moves behind it.
std::string take_text(std::string_view bytes, std::size_t& at) {
  std::string text;
  while (at + 1 < bytes.size()) {
    const auto unit = two_bytes(bytes, at);
    at += 2;
    if (unit == 0) break;
    text += unit >= ' ' && unit < 0x7f ? static_cast<char>(unit) : '?';
  }
  return text;
}

Observed<std::string> read_variable(const Root& root, const std::string& name) {
  return root.read("/sys/firmware/efi/efivars/" + name + global_guid, most_bytes);
}

std::string name_of(unsigned number) {
  char text[16];
  std::snprintf(text, sizeof text, "Boot%04X", number & 0xffff);
  return text;
}

/// The number that starts next: BootNext, else the first of BootOrder.
std::optional<unsigned> next_number(const Root& root) {
  for (const auto* name : {"BootNext", "BootOrder"})
    if (const auto bytes = read_variable(root, name); bytes.has_value() && bytes->size() >= 6) return two_bytes(*bytes, 4);
  return std::nullopt;
}

}  // namespace

std::optional<LoadOption> parse_load_option(std::string_view bytes) {
  constexpr std::size_t before = 4, fixed = 6;  // attributes of the variable; those of the option and the length of its path
  if (bytes.size() < before + fixed + 2) return std::nullopt;
  const auto path_length = two_bytes(bytes, before + 4);
  std::size_t at = before + fixed;
  LoadOption option;
  option.description = take_text(bytes, at);
  if (bytes.size() - at < path_length) return std::nullopt;
  at += path_length;
  option.words = std::string(trim(take_text(bytes, at)));
  if (option.words.find('?') != std::string::npos) option.words.clear();  // not text, or not of a kernel
  return option;
}

std::optional<BootEntry> read_efi_stub_entry(const Root& root) {
  const auto current = read_variable(root, "BootCurrent");
  const auto running = root.read("/proc/cmdline");
  if (!current.has_value() || current->size() < 6 || !running.has_value()) return std::nullopt;
  const auto number = two_bytes(*current, 4);
  const auto variable = read_variable(root, name_of(number));
  const auto option = variable.has_value() ? parse_load_option(*variable) : std::nullopt;
  if (!option || option->words.empty()) return std::nullopt;
  // Some firmware puts the kernel's path before the words.
  auto line = std::string(trim(*running));
  if (line != option->words && line.starts_with('\\'))
    line = std::string(trim(line.substr(std::min(line.find(' '), line.size()))));
  if (line != option->words) return std::nullopt;
  BootEntry entry;
  entry.kind = BootEntryKind::firmware;
  entry.id = name_of(number);
  entry.file = "EFI variable " + entry.id;
  entry.title = option->description;
  entry.starts_next = next_number(root) == number;
  entry.command_line = split_boot_line(option->words, entry.file, 0);
  return entry;
}

}  // namespace vfio_doctor
