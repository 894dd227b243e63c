// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/comparison.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "reports/device_matching.hpp"

namespace vfio_doctor {
namespace {

using Text = std::optional<std::string>;

int rank(Verdict verdict) { return verdict == Verdict::ready ? 0 : 1; }

int rank(DeviceVerdict verdict) {
  if (verdict == DeviceVerdict::assignable) return 0;
  return verdict == DeviceVerdict::with_companions ? 1 : 2;
}

template <class V>
Direction direction_of(V before, V after) {
  if (before == after) return Direction::neutral;
  if (after == V::undetermined) return Direction::undetermined;
  if (before == V::undetermined) return rank(after) == 0 ? Direction::better : Direction::neutral;
  if (rank(after) == rank(before)) return Direction::neutral;
  return rank(after) > rank(before) ? Direction::worse : Direction::better;
}

/// The one that a reader must know of.
Direction graver(Direction one, Direction other) {
  static constexpr auto weight = [](Direction direction) {
    switch (direction) {
      case Direction::worse:
        return 3;
      case Direction::undetermined:
        return 2;
      case Direction::better:
        return 1;
      case Direction::neutral:
        return 0;
    }
    return 0;
  };
  return weight(one) >= weight(other) ? one : other;
}

class Comparer {
 public:
  Comparer(const Report& before, const Report& after)
      : before_(before), after_(after), matching_(match_devices(before, after)) {}

  Comparison run() {
    result_.before = before_.source;
    result_.after = after_.source;
    result_.tool_version = after_.tool.version;
    compare_hosts();
    compare_groups();
    for (const auto& [earlier, later] : matching_.same) compare_devices(*earlier, *later);
    add_lonely_devices();
    add_twins();
    compare_findings();
    for (const auto& change : result_.host) result_.direction = graver(change.direction, result_.direction);
    for (const auto& change : result_.devices) result_.direction = graver(change.direction, result_.direction);
    for (const auto& change : result_.twins) result_.direction = graver(change.direction, result_.direction);
    return std::move(result_);
  }

 private:
  static void add_if_changed(std::vector<ValueChange>& values, const char* what, const Text& before, const Text& after,
                             Direction direction = Direction::neutral) {
    if (before != after) values.push_back({what, before, after, direction});
  }

  void compare_hosts() {
    const auto& one = before_.host;
    const auto& other = after_.host;
    auto& values = result_.host;
    add_if_changed(values, "verdict", std::string(to_text(before_.verdict)), std::string(to_text(after_.verdict)),
                   direction_of(before_.verdict, after_.verdict));
    add_if_changed(values, "IOMMU", one.iommu, other.iommu);
    add_if_changed(values, "interrupt remapping", one.interrupt_remapping, other.interrupt_remapping);
    add_if_changed(values, "kernel", one.kernel, other.kernel);
    add_if_changed(values, "distribution", one.distribution, other.distribution);
    add_if_changed(values, "processor", one.cpu_vendor, other.cpu_vendor);
  }

  /// Where a device of the earlier report is now; what cannot be matched keeps its old name, marked.
  std::string now(const std::string& address) const {
    const auto found = matching_.moved_to.find(address);
    return found != matching_.moved_to.end() ? found->second : address + " (before)";
  }

  std::string companions(const DeviceReport& device, bool is_before) const {
    std::set<std::string> sorted;
    for (const auto& companion : device.companions) sorted.insert(is_before ? now(companion.text()) : companion.text());
    std::string text;
    for (const auto& companion : sorted) text += (text.empty() ? "" : ", ") + companion;
    if (companion_count(device) > device.companions.size()) text += ", " + std::to_string(companion_count(device)) + " in all";
    return text.empty() ? "none" : text;
  }

  void compare_devices(const DeviceReport& earlier, const DeviceReport& later) {
    DeviceChange change{earlier.address.text(),
                        later.address.text(),
                        later.name.empty() ? earlier.name : later.name,
                        {},
                        Direction::neutral};
    change.direction = direction_of(earlier.verdict, later.verdict);
    add_if_changed(change.values, "verdict", std::string(to_text(earlier.verdict)), std::string(to_text(later.verdict)),
                   change.direction);
    add_if_changed(change.values, "driver", earlier.driver, later.driver);
    add_if_changed(change.values, "companions", companions(earlier, true), companions(later, false));
    if (earlier.iommu_group.has_value() != later.iommu_group.has_value())
      add_if_changed(change.values, "IOMMU group", group_text(earlier), group_text(later));
    if (change.values.empty() && earlier.address == later.address)
      ++result_.same_devices;
    else
      result_.devices.push_back(std::move(change));
  }

  static Text group_text(const DeviceReport& device) {
    return device.iommu_group ? Text(std::to_string(*device.iommu_group)) : std::nullopt;
  }

  void add_lonely_devices() {
    for (const auto* device : matching_.gone) {
      const bool could_be_given = rank(device->verdict) < 2 && device->verdict != DeviceVerdict::undetermined;
      result_.devices.push_back({device->address.text(),
                                 std::nullopt,
                                 device->name,
                                 {{"verdict", std::string(to_text(device->verdict)), std::nullopt, Direction::neutral}},
                                 could_be_given ? Direction::worse : Direction::neutral});
    }
    for (const auto* device : matching_.added)
      result_.devices.push_back({std::nullopt,
                                 device->address.text(),
                                 device->name,
                                 {{"verdict", std::nullopt, std::string(to_text(device->verdict)), Direction::neutral}},
                                 Direction::neutral});
  }

  /// Which is which is unknown, but not how many there are of each verdict.
  void add_twins() {
    for (const auto& ambiguous : matching_.twins) {
      Twins twins{ambiguous.before.front()->name, {}, {}, Direction::neutral};
      const auto given = [](const auto& devices) {
        return std::ranges::count_if(devices, [](const DeviceReport* device) { return rank(device->verdict) < 2; });
      };
      for (const auto* device : ambiguous.before) twins.before.push_back(device->address.text());
      for (const auto* device : ambiguous.after) twins.after.push_back(device->address.text());
      const bool open = std::ranges::any_of(ambiguous.after, [](const DeviceReport* device) {
        return device->verdict == DeviceVerdict::undetermined;
      });
      if (given(ambiguous.after) < given(ambiguous.before)) twins.direction = open ? Direction::undetermined : Direction::worse;
      if (given(ambiguous.after) > given(ambiguous.before)) twins.direction = Direction::better;
      result_.twins.push_back(std::move(twins));
    }
  }

  /// Groups of both reports with the same members are one group, whatever its number; of the rest, those that share
  /// their first surviving member.
  void compare_groups() {
    std::map<std::set<std::string>, const GroupReport*> by_members;
    std::map<std::string, const GroupReport*> by_member;
    for (const auto& group : before_.groups) {
      std::set<std::string> members;
      for (const auto& member : group.member_names()) {
        const auto moved = matching_.moved_to.find(member);
        members.insert(moved != matching_.moved_to.end() ? moved->second : now(member));
      }
      by_members.emplace(members, &group);
      for (const auto& member : members) by_member.emplace(member, &group);
      earlier_members_[group.id] = members;
    }
    std::set<unsigned> used;
    std::vector<const GroupReport*> rest;
    for (const auto& group : after_.groups) {
      const auto names = group.member_names();
      const auto found = by_members.find({names.begin(), names.end()});
      if (found == by_members.end() || !used.insert(found->second->id).second) {
        rest.push_back(&group);
        continue;
      }
      pair_groups(*found->second, group);
    }
    for (const auto* group : rest) match_changed_group(*group, by_member, used);
    for (const auto& group : before_.groups)
      if (!used.contains(group.id)) {
        const auto& members = earlier_members_[group.id];
        result_.groups.push_back({group.id, std::nullopt, {}, {members.begin(), members.end()}, std::nullopt});
      }
  }

  void pair_groups(const GroupReport& earlier, const GroupReport& later) {
    group_now_[group_subject(earlier.id)] = group_subject(later.id);
    if (earlier.id != later.id) ++result_.renumbered_groups;
    if (earlier.type != later.type)
      result_.groups.push_back(
          {earlier.id, later.id, {}, {}, ValueChange{"type", earlier.type, later.type, Direction::neutral}});
  }

  void match_changed_group(const GroupReport& group, const std::map<std::string, const GroupReport*>& by_member,
                           std::set<unsigned>& used) {
    GroupChange change;
    change.after = group.id;
    const auto names = group.member_names();
    const std::set<std::string> members(names.begin(), names.end());
    std::set<std::string> earlier;
    for (const auto& member : members) {
      const auto found = by_member.find(member);
      if (found == by_member.end() || !used.insert(found->second->id).second) continue;
      change.before = found->second->id;
      group_now_[group_subject(found->second->id)] = group_subject(group.id);
      earlier = earlier_members_[found->second->id];
      if (found->second->type != group.type)
        change.type = ValueChange{"type", found->second->type, group.type, Direction::neutral};
      break;
    }
    std::ranges::set_difference(members, earlier, std::back_inserter(change.joined));
    std::ranges::set_difference(earlier, members, std::back_inserter(change.left));
    result_.groups.push_back(std::move(change));
  }

  /// A subject of the earlier report as the later one would name it.
  std::string subject_now(const std::string& subject) const {
    if (const auto moved = matching_.moved_to.find(subject); moved != matching_.moved_to.end()) return moved->second;
    const auto group = group_now_.find(subject);
    return group != group_now_.end() ? group->second : subject;
  }

  static int gravity(Status status) {
    switch (status) {
      case Status::fail:
        return 5;
      case Status::error:
        return 4;
      case Status::unknown:
        return 3;
      case Status::warn:
        return 2;
      case Status::pass:
        return 1;
      case Status::not_applicable:
        return 0;
    }
    return 0;
  }

  static bool matters(const std::optional<Status>& status) {
    return status && *status != Status::pass && *status != Status::not_applicable;
  }

  void compare_findings() {
    struct Sides {
      const Finding *before = nullptr, *after = nullptr;
    };
    std::map<std::pair<std::string, std::string>, Sides> keyed;
    const auto keep_gravest = [](const Finding*& slot, const Finding& finding) {
      if (!slot || gravity(finding.status) > gravity(slot->status)) slot = &finding;
    };
    for (const auto& finding : before_.findings)
      keep_gravest(keyed[{subject_now(finding.subject), finding.id}].before, finding);
    for (const auto& finding : after_.findings) keep_gravest(keyed[{finding.subject, finding.id}].after, finding);
    for (const auto& [key, sides] : keyed) {
      FindingChange change;
      change.subject = key.first;
      change.id = key.second;
      if (sides.before) change.before = sides.before->status;
      if (sides.after) change.after = sides.after->status;
      if (change.before == change.after || (!matters(change.before) && !matters(change.after))) continue;
      const auto& shown = sides.after ? *sides.after : *sides.before;
      change.title = shown.title;
      change.summary = shown.summary;
      result_.findings.push_back(std::move(change));
    }
    std::ranges::stable_sort(result_.findings, std::greater(),
                             [](const FindingChange& change) { return change.after ? gravity(*change.after) : -1; });
  }

  const Report& before_;
  const Report& after_;
  DeviceMatching matching_;
  std::map<unsigned, std::set<std::string>> earlier_members_;
  std::map<std::string, std::string> group_now_;  ///< subjects
  Comparison result_;
};

}  // namespace

Comparison compare_reports(const Report& before, const Report& after) { return Comparer(before, after).run(); }

}  // namespace vfio_doctor
