// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/acpi_iommu_table.hpp"

#include <cstdint>

namespace vfio_doctor {
namespace {

constexpr std::size_t acpi_header = 36;

std::size_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::size_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

/// The table cut to the length it names in its header; nothing where it is shorter than that.
std::optional<std::string_view> whole_table(std::string_view table, std::size_t least) {
  if (table.size() < least) return std::nullopt;
  const auto length = number(table, 4, 4);
  if (length < least || length > table.size()) return std::nullopt;
  return table.substr(0, length);
}

}  // namespace

std::optional<DmarSummary> parse_dmar(std::string_view table) {
  constexpr std::size_t first_structure = acpi_header + 12;
  const auto whole = whole_table(table, first_structure);
  if (!whole) return std::nullopt;
  DmarSummary summary;
  const auto flags = number(*whole, acpi_header + 1, 1);
  summary.interrupt_remapping = (flags & 1) != 0;
  summary.x2apic_opt_out = (flags & 2) != 0;
  summary.platform_opt_in = (flags & 4) != 0;
  for (std::size_t at = first_structure; at < whole->size();) {
    if (at + 4 > whole->size()) return std::nullopt;
    const auto type = number(*whole, at, 2), length = number(*whole, at + 2, 2);
    if (length < 4 || at + length > whole->size()) return std::nullopt;
    summary.remapping_units += type == 0;
    summary.reserved_regions += type == 1;
    at += length;
  }
  return summary;
}

std::optional<int> count_ivrs_units(std::string_view table) {
  constexpr std::size_t first_block = acpi_header + 12;
  const auto whole = whole_table(table, first_block);
  if (!whole) return std::nullopt;
  int units = 0;
  for (std::size_t at = first_block; at < whole->size();) {
    if (at + 4 > whole->size()) return std::nullopt;
    const auto type = number(*whole, at, 1), length = number(*whole, at + 2, 2);
    if (length < 4 || at + length > whole->size()) return std::nullopt;
    units += type == 0x10 || type == 0x11 || type == 0x40;
    at += length;
  }
  return units;
}

std::optional<int> count_iort_smmus(std::string_view table) {
  constexpr std::size_t least = acpi_header + 12;  // number of nodes, offset of the first, reserved
  const auto whole = whole_table(table, least);
  if (!whole) return std::nullopt;
  int smmus = 0;
  auto at = number(*whole, acpi_header + 4, 4);
  for (auto nodes = number(*whole, acpi_header, 4); nodes > 0; --nodes) {
    constexpr std::size_t shortest_node = 16;
    if (at < least || at > whole->size() || whole->size() - at < shortest_node) return std::nullopt;
    const auto type = number(*whole, at, 1), length = number(*whole, at + 1, 2);
    if (length < shortest_node || length > whole->size() - at) return std::nullopt;
    smmus += type == 3 || type == 4;
    at += length;
  }
  return smmus;
}

}  // namespace vfio_doctor
