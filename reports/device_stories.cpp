// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/device_stories.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <set>
#include <utility>

#include "base/text.hpp"
#include "reports/device_kind.hpp"

namespace vfio_doctor {
namespace {

bool joins(const DeviceStory& story, const DeviceReport& device) {
  return story.first().iommu_group && story.first().iommu_group == device.iommu_group &&
         story.first().verdict == device.verdict;
}

void find_others(DeviceStory& story) {
  std::set<PciAddress> shown;
  for (const DeviceReport* member : story.members) shown.insert(member->address);
  for (const PciAddress& companion : story.first().companions)
    if (!shown.contains(companion)) story.others.push_back(companion.text());
  const std::size_t total = companion_count(story.first());
  const std::size_t named = story.others.size() + story.members.size() - 1;
  story.unnamed_companions = total > named ? total - named : 0;
}

void gather_reasons(DeviceStory& story, const std::vector<Sentence>& common) {
  std::set<std::string> told;
  for (const DeviceReport* member : story.members)
    for (const Sentence& reason : own_reasons(*member, common)) {
      if (!told.insert(reason.text).second) continue;
      const bool names_it = member == &story.first() || reason.does_name(device_subject(member->address));
      story.reasons.push_back(names_it ? reason : named(member->address) + ": " + reason);
    }
}

/// What the reasons of a story may name otherwise than those of one that is alike: its group, and who is in that or in the same
/// slot. Of very large groups, which are never alike, only the first members.
class OwnNames {
 public:
  explicit OwnNames(const DeviceStory& story) {
    constexpr std::size_t most_members = 16;
    const std::string first = story.first().address.text();
    slot_ = first.substr(0, first.rfind('.') + 1);
    for (const DeviceReport* member : story.members | std::views::take(most_members))
      names_.push_back(device_subject(member->address));
    for (const std::string& other : story.others | std::views::take(most_members)) names_.push_back(other);
    if (story.first().iommu_group) names_.push_back(group_subject(*story.first().iommu_group));
  }
  bool operator()(const std::string& name) const {
    return name.starts_with(slot_) || std::ranges::find(names_, name) != names_.end();
  }

 private:
  std::string slot_;
  std::vector<std::string> names_;
};

/// What alike stories share: everything but addresses and group numbers.
std::string likeness(const DeviceStory& story) {
  std::string key = std::to_string(story.others.size() + story.unnamed_companions);
  for (const DeviceReport* member : story.members)
    for (const std::string& part :
         {ids_text(member->id), member->id.class_code.has_value() ? hex_text(*member->id.class_code, 6) : "?",
          member->driver.value_or("-"), std::string(to_text(member->verdict))})
      key += '\0' + part;
  const OwnNames is_own(story);
  for (const Sentence& reason : story.reasons) key += '\0' + reason.without_names(is_own);
  return key;
}

std::vector<DeviceStory> folded(std::vector<DeviceStory> stories, std::size_t fold_from) {
  std::map<std::string, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < stories.size(); ++i) alike[likeness(stories[i])].push_back(i);
  std::vector<bool> gone(stories.size(), false);
  for (const auto& [key, places] : alike) {
    if (places.size() < fold_from) continue;
    for (std::size_t i = 1; i < places.size(); ++i) {
      DeviceStory& kept = stories[places.front()];
      const auto& members = stories[places[i]].members;
      kept.alike.push_back(members.front());
      kept.alike_rest.insert(kept.alike_rest.end(), members.begin() + 1, members.end());
      gone[places[i]] = true;
    }
  }
  std::vector<DeviceStory> kept;
  for (std::size_t i = 0; i < stories.size(); ++i)
    if (!gone[i]) kept.push_back(std::move(stories[i]));
  return kept;
}

int rank(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::protected_by_host:
      return 0;
    case DeviceVerdict::blocked:
      return 1;
    case DeviceVerdict::undetermined:
      return 2;
    case DeviceVerdict::assignable:
    case DeviceVerdict::with_companions:
      return 3;
    case DeviceVerdict::unsuitable:
      break;
  }
  return 4;
}

}  // namespace

std::vector<DeviceStory> device_stories(const std::vector<const DeviceReport*>& devices,
                                        const std::vector<Sentence>& common_reasons, std::size_t fold_from) {
  std::vector<DeviceStory> stories;
  std::map<std::pair<unsigned, DeviceVerdict>, std::size_t> by_group;
  for (const DeviceReport* device : devices) {
    if (device->iommu_group) {
      const auto [place, is_new] = by_group.try_emplace({*device->iommu_group, device->verdict}, stories.size());
      if (!is_new && joins(stories[place->second], *device)) {
        stories[place->second].members.push_back(device);
        continue;
      }
    }
    stories.emplace_back();
    stories.back().members.push_back(device);
  }
  for (DeviceStory& story : stories) {
    find_others(story);
    gather_reasons(story, common_reasons);
  }
  return fold_from > 0 ? folded(std::move(stories), fold_from) : stories;
}

std::vector<DeviceStory> gravest_stories(std::vector<DeviceStory> stories, std::size_t most,
                                         std::vector<const DeviceReport*>& left_out) {
  if (stories.size() <= most) return stories;
  std::vector<std::size_t> order(stories.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return rank(stories[i].first().verdict); });
  order.resize(most);
  const std::set<std::size_t> chosen(order.begin(), order.end());
  std::vector<DeviceStory> kept;
  for (std::size_t i = 0; i < stories.size(); ++i) {
    if (chosen.contains(i)) {
      kept.push_back(std::move(stories[i]));
      continue;
    }
    left_out.insert(left_out.end(), stories[i].members.begin(), stories[i].members.end());
    left_out.insert(left_out.end(), stories[i].alike.begin(), stories[i].alike.end());
    left_out.insert(left_out.end(), stories[i].alike_rest.begin(), stories[i].alike_rest.end());
  }
  return kept;
}

std::string left_out_words(const std::vector<const DeviceReport*>& left_out) {
  std::map<DeviceVerdict, std::size_t> counts;
  for (const DeviceReport* device : left_out) ++counts[device->verdict];
  std::vector<std::string> parts;
  for (const auto& [verdict, count] : counts) parts.push_back(std::to_string(count) + " " + std::string(to_text(verdict)));
  return "Not shown here: " + join(parts, ", ") + (left_out.size() == 1 ? " function" : " functions");
}

NumberedReasons::NumberedReasons(const std::vector<DeviceStory>& stories) {
  for (const DeviceStory& story : stories)
    for (const Sentence& reason : story.reasons) ++uses_[reason.text].count;
  std::size_t number = 0;
  for (const DeviceStory& story : stories)
    for (const Sentence& reason : story.reasons)
      if (Use& use = uses_[reason.text]; use.count > 1 && use.number == 0) use.number = ++number;
}

std::size_t NumberedReasons::number_of(const std::string& reason) const {
  const auto found = uses_.find(reason);
  return found == uses_.end() ? 0 : found->second.number;
}

bool NumberedReasons::is_first(const std::string& reason) { return !std::exchange(uses_[reason].told, true); }

}  // namespace vfio_doctor
