// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu.hpp"

#include <algorithm>

#include "facts/in_parallel.hpp"
#include "facts/sysfs_path.hpp"
#include "facts/text.hpp"

namespace vfio_doctor {
namespace {

const std::string groups_path = "/sys/kernel/iommu_groups";

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
  group.name = root.read_line(path("name"));
  group.type = root.read_line(path("type"));
  group.reserved_regions = parse_regions(root.read(path("reserved_regions")));
  const auto members = root.list(path("devices"));
  if (!members.has_value()) return group;
  for (const auto& member : members.value()) {
    if (const auto address = PciAddress::parse(member))
      group.members.push_back(*address);
    else
      group.other_members.push_back(member);
  }
  std::ranges::sort(group.members);
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
  const auto names = root.list("/sys/class/iommu");
  if (!names.has_value()) return Observed<Units>::like(names);
  Units units;
  for (const auto& name : names.value()) {
    const std::string directory = "/sys/class/iommu/" + name;
    IommuUnit unit{name, root.read_line(directory + "/intel-iommu/cap"), root.read_line(directory + "/intel-iommu/ecap")};
    if (!unit.capabilities.has_value() && name.starts_with("ivhd")) {
      unit.capabilities = root.read_line(directory + "/amd-iommu/cap");
      unit.extended_capabilities = root.read_line(directory + "/amd-iommu/features");
    }
    units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace

IommuFacts gather_iommu(const Root& root) { return {gather_units(root), gather_groups(root)}; }

}  // namespace vfio_doctor
