// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pe_sections.hpp"

#include <algorithm>
#include <optional>

namespace vfio_doctor {
namespace {

constexpr std::size_t row_bytes = 40, name_bytes = 8;

/// Precondition: they are there.
std::uint32_t little_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  return value;
}

/// What is on disk and what is in memory are rounded differently; the content is what both have.
PeSection section_at(std::string_view head, std::size_t row) {
  const auto name = head.substr(row, name_bytes);
  const std::uint64_t in_memory = little_endian(head, row + 8, 4), on_disk = little_endian(head, row + 16, 4);
  return {std::string(name.substr(0, name.find('\0'))), row, little_endian(head, row + 20, 4),
          in_memory == 0 ? on_disk : std::min(in_memory, on_disk)};
}

}  // namespace

Observed<std::vector<PeSection>> pe_sections(std::string_view head) {
  using Sections = Observed<std::vector<PeSection>>;
  if (head.size() < 0x40 || !head.starts_with("MZ")) return Sections::unreadable("not an EFI program");
  const std::uint64_t header = little_endian(head, 0x3c, 4);
  if (header + 24 > head.size()) return Sections::unreadable("not an EFI program");
  const auto at = static_cast<std::size_t>(header);
  if (head.substr(at, 4) != std::string_view("PE\0\0", 4)) return Sections::unreadable("not an EFI program");
  const std::size_t count = little_endian(head, at + 6, 2);
  const std::size_t table = at + 24 + little_endian(head, at + 20, 2);
  if (table + count * row_bytes > head.size()) return Sections::unreadable("its section table is cut short");
  std::vector<PeSection> sections;
  for (std::size_t i = 0; i < count; ++i) sections.push_back(section_at(head, table + i * row_bytes));
  return sections;
}

Observed<PeSection> section_of_unified_image(std::string_view head, std::string_view name) {
  using Section = Observed<PeSection>;
  const auto sections = pe_sections(head);
  if (!sections.has_value()) return Section::like(sections);
  std::optional<PeSection> of_all, of_first;
  std::size_t profiles = 0;
  for (const auto& section : *sections) {
    if (section.name == ".profile") ++profiles;
    if (section.name != name || profiles > 1) continue;
    auto& found = profiles == 0 ? of_all : of_first;
    if (found) return Section::unreadable("it has two sections " + std::string(name));
    found = section;
  }
  if (of_first) return *of_first;
  if (of_all) return *of_all;
  return Section::absent();
}

}  // namespace vfio_doctor
