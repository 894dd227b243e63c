// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/device_verdicts.hpp"

#include <algorithm>
#include <map>

#include "checks/group_members.hpp"
#include "facts/in_parallel.hpp"

namespace vfio_doctor {
namespace {

using FindingsBySubject = std::multimap<std::string, const Finding*>;

bool counts(const Finding& finding) { return finding.status == Status::fail || finding.status == Status::warn; }
bool is_open(const Finding& finding) { return finding.status == Status::unknown || finding.status == Status::error; }

/// What speaks for or against one function, sorted by what it means.
struct Voices {
  std::vector<std::string> unsuitable, blocked, protects, open, remarks;

  void hear(const Finding& finding, const std::string& prefix, bool is_companion) {
    const std::string sentence = prefix + finding.summary;
    if (finding.effect == Effect::unsuitable && !is_open(finding) && !is_companion) unsuitable.push_back(sentence);
    if (finding.effect == Effect::blocked && counts(finding) && !is_companion) blocked.push_back(sentence);
    if (finding.effect == Effect::protects && counts(finding)) protects.push_back(sentence);
    if (finding.effect == Effect::protects && is_open(finding)) open.push_back(sentence);
    if (finding.effect == Effect::blocked && is_open(finding) && !is_companion) open.push_back(sentence);
    if (finding.effect == Effect::none && !is_companion && finding.subject != host_subject) remarks.push_back(sentence);
  }
};

class Decider {
 public:
  Decider(const Host& host, const std::vector<Finding>& findings) : host_(host) {
    for (const auto& finding : findings) by_subject_.emplace(finding.subject, &finding);
    hear_all(host_subject, "", false, for_all_);
  }

  DeviceDecision decide(const PciFunction& function) const {
    DeviceDecision decision;
    decision.function = &function;
    Voices voices = for_all_;
    hear_all(device_subject(function.address), "", false, voices);
    if (const auto* group = function.iommu_group.get()) hear_all(group_subject(*group), "", false, voices);
    decision.companions = companions_of(host_, function);
    for (const auto& companion : decision.companions)
      hear_all(device_subject(companion), "Its companion " + companion.text() + ": ", true, voices);
    conclude(voices, decision);
    return decision;
  }

 private:
  void hear_all(const std::string& subject, const std::string& prefix, bool is_companion, Voices& voices) const {
    const auto [first, last] = by_subject_.equal_range(subject);
    for (auto one = first; one != last; ++one) voices.hear(*one->second, prefix, is_companion);
  }

  static void conclude(Voices& voices, DeviceDecision& decision) {
    const auto take = [&decision](std::vector<std::string>& from) {
      decision.reasons.insert(decision.reasons.end(), from.begin(), from.end());
    };
    if (!voices.unsuitable.empty()) {
      decision.verdict = DeviceVerdict::unsuitable;
      decision.companions.clear();
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
      decision.verdict =
          decision.companions.empty() ? DeviceVerdict::assignable : DeviceVerdict::with_companions;
    }
    take(voices.remarks);
  }

  const Host& host_;
  FindingsBySubject by_subject_;
  Voices for_all_;
};

}  // namespace

std::vector<DeviceDecision> decide_devices(const Host& host, const std::vector<Finding>& findings) {
  const Decider decider(host, findings);
  return in_parallel(host.all_functions(), [&](const PciFunction& function) { return decider.decide(function); });
}

}  // namespace vfio_doctor
