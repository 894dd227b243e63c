// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/regions.hpp"

#include <string>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr unsigned most_rows = 64, base_address_registers = 6;

}  // namespace

Observed<std::vector<Region>> parse_regions(std::string_view text) {
  std::vector<Region> regions;
  unsigned index = 0;
  for (const auto line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.size() != 3)
      return Observed<std::vector<Region>>::unreadable("resource: line " + std::to_string(index + 1) + " is no region");
    const auto start = parse_unsigned(words[0], 16), end = parse_unsigned(words[1], 16), flags = parse_unsigned(words[2], 16);
    if (!start || !end || !flags)
      return Observed<std::vector<Region>>::unreadable("resource: line " + std::to_string(index + 1) + " is no region");
    if (*flags != 0) regions.push_back({index, *start, *end, *flags});
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
