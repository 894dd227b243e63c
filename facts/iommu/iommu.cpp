// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/iommu.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "facts/iommu/iommu_paths.hpp"
#include "facts/iommu/smmu_coherency.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

Observed<std::vector<ReservedRegion>> parse_regions(const Observed<std::string>& text) {
  using Regions = std::vector<ReservedRegion>;
  if (!text.has_value()) return Observed<Regions>::like(text);
  Regions regions;
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    if (words.empty()) continue;
    const auto start = words.size() == 3 ? parse_unsigned(words[0], 16) : std::nullopt;
    const auto end = words.size() == 3 ? parse_unsigned(words[1], 16) : std::nullopt;
    if (!start || !end) return Observed<Regions>::unreadable("a line is not 'start end type'");
    regions.push_back({*start, *end, std::string(words[2])});
  }
  return regions;
}

IommuGroup gather_group(const Root& root, unsigned number) {
  AttributePath path(groups_path + "/" + std::to_string(number));
  IommuGroup group;
  group.number = number;
  group.type = root.read_line(path("type"));
  group.name = group.has_default_domain() ? Observed<std::string>::absent() : root.read_line(path("name"));
  group.reserved_regions = parse_regions(root.read(path("reserved_regions")));
  return group;
}

Observed<std::vector<IommuGroup>> gather_groups(const Root& root) {
  using Groups = std::vector<IommuGroup>;
  const auto names = root.list(groups_path);
  if (!names.has_value()) return Observed<Groups>::like(names);
  std::vector<unsigned> numbers;
  for (const auto& name : names.value())
    if (const auto number = parse_unsigned(name); number && *number <= 0x7fffffff)
      numbers.push_back(static_cast<unsigned>(*number));
  std::ranges::sort(numbers);  // numbers have gaps; names come sorted as text
  return in_parallel(numbers, [&root](unsigned number) { return gather_group(root, number); });
}

Observed<std::vector<IommuUnit>> gather_units(const Root& root) {
  using Units = std::vector<IommuUnit>;
  const auto names = root.list(units_path);
  if (!names.has_value()) return Observed<Units>::like(names);
  Units units;
  for (const auto& name : names.value()) {
    const std::string directory = units_path + "/" + name;
    IommuUnit unit{name, root.read_line(directory + "/intel-iommu/cap"), root.read_line(directory + "/intel-iommu/ecap"),
                   Observed<bool>::absent(), root.list(directory + "/devices")};
    if (!unit.capabilities.has_value() && name.starts_with("ivhd")) {
      unit.capabilities = root.read_line(directory + "/amd-iommu/cap");
      unit.extended_capabilities = root.read_line(directory + "/amd-iommu/features");
    }
    units.push_back(std::move(unit));
  }
  note_coherency(root, units);
  return units;
}

}  // namespace

bool IommuGroup::has_default_domain() const {
  static constexpr std::array<std::string_view, 5> known = {"DMA", "DMA-FQ", "identity", "blocked", "unmanaged"};
  return type.has_value() && std::ranges::find(known, type.value()) != known.end();
}

IommuFacts gather_iommu(const Root& root) { return {gather_units(root), gather_groups(root)}; }

const IommuGroup* IommuFacts::find_group(unsigned number) const {
  if (!groups.has_value()) return nullptr;
  const auto found = std::ranges::lower_bound(groups.value(), number, {}, &IommuGroup::number);
  return found != groups->end() && found->number == number ? &*found : nullptr;
}

}  // namespace vfio_doctor
