// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/regions.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

/// What most lines are: resource_show() in drivers/pci/pci-sysfs.c has one form for all.
constexpr std::string_view no_region = "0x0000000000000000 0x0000000000000000 0x0000000000000000";
constexpr unsigned most_rows = 64, base_address_registers = 6;

/// "0x00000000fe000000 0x00000000fe00ffff 0x0000000000040200"; nothing where the line has another form. Without words in between:
/// each function has 13 lines, most of them zeros.
std::optional<std::array<std::uint64_t, 3>> three_numbers(std::string_view line) {
  std::array<std::uint64_t, 3> numbers{};
  if (line == no_region) return numbers;
  const char* at = line.data();
  const char* const end = at + line.size();
  const auto skip_blanks = [&] {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
  };
  for (auto& number : numbers) {
    skip_blanks();
    if (end - at > 2 && at[0] == '0' && at[1] == 'x') at += 2;
    const auto [behind, error] = std::from_chars(at, end, number, 16);
    if (error != std::errc() || (behind != end && *behind != ' ' && *behind != '\t')) return std::nullopt;
    at = behind;
  }
  skip_blanks();
  if (at != end) return std::nullopt;
  return numbers;
}

}  // namespace

Observed<std::vector<Region>> parse_regions(std::string_view text) {
  std::vector<Region> regions;
  unsigned index = 0;
  for (const auto line : split_lines(text)) {
    const auto numbers = three_numbers(line);
    if (!numbers)
      return Observed<std::vector<Region>>::unreadable("resource: line " + std::to_string(index + 1) + " is no region");
    const auto [start, end, flags] = *numbers;
    if (flags != 0) regions.push_back({index, start, end, flags});
    if (++index == most_rows) break;
  }
  return regions;
}

Observed<std::vector<unsigned>> unassigned_regions(const Observed<std::vector<Region>>& regions) {
  if (!regions.has_value()) return Observed<std::vector<unsigned>>::like(regions);
  std::vector<unsigned> unassigned;
  for (const auto& region : regions.value())
    if (region.index < base_address_registers && region.is_memory() && region.is_unset()) unassigned.push_back(region.index);
  return unassigned;
}

}  // namespace vfio_doctor
