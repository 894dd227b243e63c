// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/join_groups.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "facts/iommu/iommu_paths.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

using Functions = std::vector<PciFunction>;

/// The driver of a member that is no PCI function. Where the device itself was not recorded, nothing is known of it.
Observed<std::string> other_driver(const Root& root, const std::string& devices, const std::string& member) {
  const auto device = root.canonical(devices + "/" + member);
  if (!device.has_value() || !root.exists(device.value()))
    return Observed<std::string>::unreadable(device.is_unreadable() ? device.why() : "the device itself was not seen");
  const auto link = root.read_link(device.value() + "/driver");
  return link.has_value() ? Observed<std::string>(base_name(link.value())) : link;
}

/// What a group lists itself.
struct Members {
  std::vector<PciAddress> functions;
  std::vector<std::string> others;
  std::vector<Observed<std::string>> other_drivers;
  std::string doubt;
};

Members list_members(const Root& root, unsigned number) {
  const auto directory = groups_path + "/" + std::to_string(number) + "/devices";
  Members members;
  const auto names = root.list(directory);
  if (!names.has_value()) {
    members.doubt = "its list of devices could not be read: " + names.why();
    return members;
  }
  for (const auto& name : names.value()) {
    if (const auto address = PciAddress::parse(name))
      members.functions.push_back(*address);
    else
      members.others.push_back(name), members.other_drivers.push_back(other_driver(root, directory, name));
  }
  std::ranges::sort(members.functions);
  return members;
}

/// The groups of the devices that units translate for and that are no functions. Nothing where the units do not tell all their
/// devices: one has no list, the group of a device is not known, or not every function with a group is in some list.
std::optional<std::set<unsigned>> groups_of_others(const Root& root, const IommuFacts& iommu, const Functions& functions) {
  if (!iommu.units.has_value()) return std::nullopt;
  std::set<unsigned> groups;
  std::vector<bool> listed(functions.size());
  for (const auto& unit : iommu.units.value()) {
    if (!unit.devices.has_value()) return std::nullopt;
    for (const auto& name : unit.devices.value()) {
      if (const auto address = PciAddress::parse(name)) {
        const auto function = std::ranges::lower_bound(functions, *address, {}, &PciFunction::address);
        if (function == functions.end() || function->address != *address) return std::nullopt;
        listed[static_cast<std::size_t>(function - functions.begin())] = true;
      } else {
        const auto group = read_group_link(root, units_path + "/" + unit.name + "/devices/" + name + "/iommu_group");
        if (!group.has_value()) return std::nullopt;
        groups.insert(group.value());
      }
    }
  }
  for (std::size_t i = 0; i < functions.size(); ++i)
    if (functions[i].iommu_group.has_value() != listed[i]) return std::nullopt;
  return groups;
}

/// Sorted, each once.
std::vector<unsigned> linked_groups(const Functions& functions) {
  std::vector<unsigned> numbers;
  for (const auto& function : functions)
    if (const auto* number = function.iommu_group.get()) numbers.push_back(*number);
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
  return numbers;
}

/// Lists those groups that others than functions may be in, and returns the numbers of the rest, sorted: what links to them is
/// all that is in them. `linked`: the groups that functions link to, sorted.
std::vector<unsigned> list_groups(const Root& root, const IommuFacts& iommu, const Functions& functions,
                                  const std::vector<unsigned>& linked, std::vector<IommuGroup>& groups) {
  const auto others = groups_of_others(root, iommu, functions);
  const auto links_tell_all = [&](const IommuGroup& group) {
    return others && group.has_default_domain() && !others->contains(group.number) &&
           std::ranges::binary_search(linked, group.number);
  };
  std::vector<IommuGroup*> asked;
  std::vector<unsigned> told_by_links;
  for (auto& group : groups) {
    if (links_tell_all(group))
      told_by_links.push_back(group.number);
    else
      asked.push_back(&group);
  }
  auto lists = in_parallel(asked, [&root](const IommuGroup* group) { return list_members(root, group->number); });
  for (std::size_t i = 0; i < asked.size(); ++i) {
    asked[i]->members = std::move(lists[i].functions);
    asked[i]->other_members = std::move(lists[i].others);
    asked[i]->other_drivers = std::move(lists[i].other_drivers);
    asked[i]->members_doubt = std::move(lists[i].doubt);
  }
  return told_by_links;
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

void add_unseen_groups(std::vector<IommuGroup>& groups, const std::vector<unsigned>& linked) {
  std::vector<unsigned> seen;
  for (const auto& group : groups) seen.push_back(group.number);
  std::vector<unsigned> unseen;
  std::ranges::set_difference(linked, seen, std::back_inserter(unseen));
  for (const auto number : unseen) groups.push_back(unseen_group(number));
  if (!unseen.empty()) std::ranges::sort(groups, {}, &IommuGroup::number);
}

/// The functions that link to a group are its members, listed or not. `told_by_links`: groups that were not asked for a list.
void add_linked_members(std::vector<IommuGroup>& groups, const Functions& functions,
                        const std::vector<unsigned>& told_by_links) {
  for (const auto& function : functions) {
    const auto* number = function.iommu_group.get();
    if (!number) continue;
    const auto group = std::ranges::lower_bound(groups, *number, {}, &IommuGroup::number);
    auto& members = group->members;
    const auto place = std::ranges::lower_bound(members, function.address);
    if (place != members.end() && *place == function.address) continue;
    members.insert(place, function.address);
    if (group->members_doubt.empty() && !std::ranges::binary_search(told_by_links, *number))
      group->members_doubt = function.address.text() + " links to the group and is not in its list of devices";
  }
}

/// A function without a link that some group lists all the same: which group it is in is not certain.
void doubt_missing_links(const std::vector<IommuGroup>& groups, Functions& functions) {
  for (const auto& group : groups)
    for (const auto& member : group.members) {
      const auto function = std::ranges::lower_bound(functions, member, {}, &PciFunction::address);
      if (function != functions.end() && function->address == member && function->iommu_group.is_absent())
        function->iommu_group =
            Observed<unsigned>::unreadable("it has no such link, but group " + std::to_string(group.number) + " lists it");
    }
}

}  // namespace

void join_groups_and_functions(const Root& root, IommuFacts& iommu, Observed<Functions>& functions) {
  if (iommu.groups.is_unreadable()) return;
  std::vector<IommuGroup> groups = iommu.groups.has_value() ? std::move(iommu.groups.value()) : std::vector<IommuGroup>{};
  Functions none;
  auto& known = functions.has_value() ? functions.value() : none;
  const auto linked = linked_groups(known);
  const auto told_by_links = list_groups(root, iommu, known, linked, groups);
  add_unseen_groups(groups, linked);
  add_linked_members(groups, known, told_by_links);
  doubt_missing_links(groups, known);
  if (iommu.groups.has_value() || !groups.empty()) iommu.groups = std::move(groups);
}

}  // namespace vfio_doctor
