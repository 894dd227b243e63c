// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/iommu.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "facts/iommu/smmu_coherency.hpp"
#include "facts/pci/sysfs_path.hpp"

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

/// The driver of a member that is no PCI function. Where the device itself was not recorded, nothing is known of it.
Observed<std::string> other_driver(const Root& root, const std::string& devices, const std::string& member) {
  const auto device = root.canonical(devices + "/" + member);
  if (!device.has_value() || !root.exists(device.value()))
    return Observed<std::string>::unreadable(device.is_unreadable() ? device.why() : "the device itself was not seen");
  const auto link = root.read_link(device.value() + "/driver");
  return link.has_value() ? Observed<std::string>(base_name(link.value())) : link;
}

/// What the kernel says of the default domain, which a group that VFIO made itself does not have: of that it says "unknown"
/// (drivers/iommu/iommu.c iommu_group_show_type; drivers/vfio/group.c vfio_noiommu_group_alloc).
bool has_default_domain(const Observed<std::string>& type) {
  static constexpr std::array<std::string_view, 5> known = {"DMA", "DMA-FQ", "identity", "blocked", "unmanaged"};
  return type.has_value() && std::ranges::find(known, type.value()) != known.end();
}

IommuGroup gather_group(const Root& root, unsigned number) {
  AttributePath path(groups_path + "/" + std::to_string(number));
  IommuGroup group;
  group.number = number;
  group.type = root.read_line(path("type"));
  group.name = has_default_domain(group.type) ? Observed<std::string>::absent() : root.read_line(path("name"));
  group.reserved_regions = parse_regions(root.read(path("reserved_regions")));
  const auto members = root.list(path("devices"));
  if (!members.has_value()) {
    group.members_doubt = "its list of devices could not be read: " + members.why();
    return group;
  }
  for (const auto& member : members.value()) {
    if (const auto address = PciAddress::parse(member))
      group.members.push_back(*address);
    else
      group.other_members.push_back(member), group.other_drivers.push_back(other_driver(root, path("devices"), member));
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
    IommuUnit unit{name, root.read_line(directory + "/intel-iommu/cap"), root.read_line(directory + "/intel-iommu/ecap"),
                   Observed<bool>::absent()};
    if (!unit.capabilities.has_value() && name.starts_with("ivhd")) {
      unit.capabilities = root.read_line(directory + "/amd-iommu/cap");
      unit.extended_capabilities = root.read_line(directory + "/amd-iommu/features");
    }
    units.push_back(std::move(unit));
  }
  note_coherency(root, units);
  return units;
}

/// A group that functions link to and that /sys/kernel/iommu_groups does not show.
IommuGroup unseen_group(unsigned number) {
  const std::string why = "the group's directory was not seen";
  IommuGroup group;
  group.number = number;
  group.name = group.type = Observed<std::string>::unreadable(why);
  group.reserved_regions = Observed<std::vector<ReservedRegion>>::unreadable(why);
  group.members_doubt = why;
  return group;
}

void add_unseen_groups(std::vector<IommuGroup>& groups, const std::vector<PciFunction>& functions) {
  std::vector<unsigned> linked;
  for (const auto& function : functions)
    if (const auto* number = function.iommu_group.get()) linked.push_back(*number);
  std::ranges::sort(linked);
  const auto repeated = std::ranges::unique(linked);
  linked.erase(repeated.begin(), repeated.end());
  std::vector<unsigned> seen;
  for (const auto& group : groups) seen.push_back(group.number);
  std::vector<unsigned> unseen;
  std::ranges::set_difference(linked, seen, std::back_inserter(unseen));
  for (const auto number : unseen) groups.push_back(unseen_group(number));
  if (!unseen.empty()) std::ranges::sort(groups, {}, &IommuGroup::number);
}

/// The functions that link to a group are its members, listed or not.
void add_linked_members(std::vector<IommuGroup>& groups, const std::vector<PciFunction>& functions) {
  for (const auto& function : functions) {
    const auto* number = function.iommu_group.get();
    if (!number) continue;
    const auto group = std::ranges::lower_bound(groups, *number, {}, &IommuGroup::number);
    auto& members = group->members;
    const auto place = std::ranges::lower_bound(members, function.address);
    if (place != members.end() && *place == function.address) continue;
    members.insert(place, function.address);
    if (group->members_doubt.empty())
      group->members_doubt = function.address.text() + " links to the group and is not in its list of devices";
  }
}

/// A function without a link that some group lists all the same: which group it is in is not certain.
void doubt_missing_links(const std::vector<IommuGroup>& groups, std::vector<PciFunction>& functions) {
  for (const auto& group : groups)
    for (const auto& member : group.members) {
      const auto function = std::ranges::lower_bound(functions, member, {}, &PciFunction::address);
      if (function != functions.end() && function->address == member && function->iommu_group.is_absent())
        function->iommu_group =
            Observed<unsigned>::unreadable("it has no such link, but group " + std::to_string(group.number) + " lists it");
    }
}

}  // namespace

IommuFacts gather_iommu(const Root& root) { return {gather_units(root), gather_groups(root)}; }

void join_groups_and_functions(IommuFacts& iommu, Observed<std::vector<PciFunction>>& functions) {
  if (!functions.has_value() || iommu.groups.is_unreadable()) return;
  std::vector<IommuGroup> groups = iommu.groups.has_value() ? std::move(iommu.groups.value()) : std::vector<IommuGroup>{};
  add_unseen_groups(groups, functions.value());
  add_linked_members(groups, functions.value());
  doubt_missing_links(groups, functions.value());
  if (iommu.groups.has_value() || !groups.empty()) iommu.groups = std::move(groups);
}

const IommuGroup* IommuFacts::find_group(unsigned number) const {
  if (!groups.has_value()) return nullptr;
  const auto found = std::ranges::lower_bound(groups.value(), number, {}, &IommuGroup::number);
  return found != groups->end() && found->number == number ? &*found : nullptr;
}

}  // namespace vfio_doctor
