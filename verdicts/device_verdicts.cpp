// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/device_verdicts.hpp"

#include <algorithm>
#include <map>

#include "base/in_parallel.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

using FindingsBySubject = std::multimap<std::string, const Finding*>;

using Accepted = std::map<std::pair<std::string_view, std::string_view>, const Acceptance*>;

bool counts(const Finding& finding) { return finding.status == Status::fail || finding.status == Status::warn; }
bool is_open(const Finding& finding) { return finding.status == Status::unknown || finding.status == Status::error; }

/// What speaks for or against one function, sorted by what it means.
struct Voices {
  std::vector<Sentence> unsuitable, blocked, protects, open, remarks;

  void hear(const Finding& finding, const Acceptance* accepted) {
    const auto sentence = finding.sentence();
    if (accepted) {
      remarks.push_back("Accepted risk (" + accepted->reason + "): " + sentence);
      return;
    }
    if (finding.effect == Effect::unsuitable && !is_open(finding)) unsuitable.push_back(sentence);
    if (finding.effect == Effect::blocked && counts(finding)) blocked.push_back(sentence);
    if (finding.effect == Effect::protects && counts(finding)) protects.push_back(sentence);
    if (finding.effect == Effect::protects && is_open(finding)) open.push_back(sentence);
    if (finding.effect == Effect::blocked && is_open(finding)) open.push_back(sentence);
    if (finding.effect == Effect::none && finding.subject != host_subject) remarks.push_back(sentence);
  }
};

/// What a member of a group hands on to the others: that the host needs it, or may need it.
struct MemberVoice {
  PciAddress member;
  const Finding* finding = nullptr;
};

/// In a large group all members may say the same about each other; a few of them are enough to understand it.
constexpr std::size_t most_companion_sentences = 16;

void hear_companions(const std::vector<MemberVoice>& voices, const PciAddress& self, bool open,
                     std::vector<Sentence>& sentences) {
  std::size_t heard = 0;
  for (const auto& [member, finding] : voices) {
    if (member == self || is_open(*finding) != open) continue;
    if (++heard <= most_companion_sentences) sentences.push_back("Its companion " + named(member) + ": " + finding->sentence());
  }
  if (heard > most_companion_sentences)
    sentences.push_back("There are " + std::to_string(heard - most_companion_sentences) +
                        " more such reasons, from its other "
                        "companions.");
}

class Decider {
 public:
  Decider(const Host& host, const std::vector<Finding>& findings, const std::vector<Acceptance>& accepted) : host_(host) {
    for (const auto& each : accepted) accepted_[{each.id, each.subject}] = &each;
    for (const auto& finding : findings) by_subject_.emplace(finding.subject, &finding);
    hear_all(host_subject, for_all_);
    if (host.iommu.groups.has_value())
      for (const auto& group : host.iommu.groups.value())
        if (group.members.size() > 1) know_members(group);
  }

  DeviceDecision decide(const PciFunction& function) const {
    DeviceDecision decision;
    decision.function = &function;
    Voices voices = for_all_;
    hear_all(device_subject(function.address), voices);
    if (const auto* group = function.iommu_group.get()) {
      if (const auto counted = counted_.find(*group); counted != counted_.end()) name_companions(counted->second, decision);
      hear_all(group_subject(*group), voices);
      if (const auto members = by_group_.find(*group); members != by_group_.end()) {
        hear_companions(members->second, function.address, false, voices.protects);
        hear_companions(members->second, function.address, true, voices.open);
      }
    }
    for (const auto& companion : decision.companions)
      if (const auto* other = host_.find(companion))
        if (const auto part = chipset_part(*other))
          voices.remarks.push_back(named(companion) + " in its group is not to be given: only take its driver away. " + *part +
                                   ".");
    conclude(voices, decision);
    return decision;
  }

 private:
  const Acceptance* acceptance(const Finding& finding) const {
    if (accepted_.empty() || !can_be_accepted(finding)) return nullptr;
    const auto found = accepted_.find({finding.id, finding.subject});
    return found == accepted_.end() ? nullptr : found->second;
  }

  void hear_all(const std::string& subject, Voices& voices) const {
    const auto [first, last] = by_subject_.equal_range(subject);
    for (auto one = first; one != last; ++one) voices.hear(*one->second, acceptance(*one->second));
  }

  /// Once for the group instead of once for every pair of its members. A bridge that does not count says nothing.
  void know_members(const IommuGroup& group) {
    std::vector<MemberVoice> voices;
    auto& counted = counted_[group.number];
    for (const auto& member : group.members) {
      const auto* function = host_.find(member);
      if (function && membership(host_, *function) == Membership::exempt_bridge) continue;
      counted.push_back(member);
      const auto [first, last] = by_subject_.equal_range(device_subject(member));
      for (auto one = first; one != last; ++one)
        if (one->second->effect == Effect::protects && !acceptance(*one->second) &&
            (counts(*one->second) || is_open(*one->second)))
          voices.push_back({member, one->second});
    }
    if (!voices.empty()) by_group_.emplace(group.number, std::move(voices));
  }

  /// As companions_of() has them, but without asking about every member for every other one.
  static void name_companions(const std::vector<PciAddress>& counted, DeviceDecision& decision) {
    const auto& self = decision.function->address;
    const bool is_one = std::ranges::binary_search(counted, self);
    decision.companions_total = counted.size() - (is_one ? 1 : 0);
    const auto most = decision.companions_total >= most_members ? most_named_companions : counted.size();
    for (const auto& member : counted) {
      if (decision.companions.size() == most) break;
      if (member != self) decision.companions.push_back(member);
    }
  }

  static void conclude(Voices& voices, DeviceDecision& decision) {
    const auto take = [&decision](std::vector<Sentence>& from) {
      decision.reasons.insert(decision.reasons.end(), from.begin(), from.end());
    };
    if (!voices.unsuitable.empty()) {
      decision.verdict = DeviceVerdict::unsuitable;
      decision.companions.clear();
      decision.companions_total = 0;
      return take(voices.unsuitable);
    }
    if (!voices.blocked.empty()) {
      decision.verdict = DeviceVerdict::blocked;
      take(voices.blocked);
      take(voices.protects);
    } else if (!voices.protects.empty()) {
      decision.verdict = DeviceVerdict::protected_by_host;
      take(voices.protects);
    } else if (!voices.open.empty()) {
      decision.verdict = DeviceVerdict::undetermined;
      take(voices.open);
    } else {
      decision.verdict = decision.companions.empty() ? DeviceVerdict::assignable : DeviceVerdict::with_companions;
    }
    take(voices.remarks);
  }

  const Host& host_;
  FindingsBySubject by_subject_;
  Accepted accepted_;
  std::map<unsigned, std::vector<MemberVoice>> by_group_;
  std::map<unsigned, std::vector<PciAddress>> counted_;  ///< members of a group that others have as companions
  Voices for_all_;
};

}  // namespace

std::vector<DeviceDecision> decide_devices(const Host& host, const std::vector<Finding>& findings,
                                           const std::vector<Acceptance>& accepted) {
  const Decider decider(host, findings, accepted);
  return in_parallel(host.all_functions(), [&](const PciFunction& function) { return decider.decide(function); });
}

}  // namespace vfio_doctor
