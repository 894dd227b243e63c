// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/outline.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "base/text.hpp"
#include "machine/pci_address.hpp"
#include "reports/device_kind.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

/// What a selection touches: the chosen functions, their companions and groups, as subjects of findings.
struct Selection {
  std::set<std::string> chosen, companions;

  explicit Selection(const Report& report) {
    for (const PciAddress& address : report.selection) chosen.insert(device_subject(address));
    for (const DeviceReport& device : report.devices) {
      if (std::ranges::find(report.selection, device.address) == report.selection.end()) continue;
      add_companions(device.companions);
      if (!device.iommu_group) continue;
      chosen.insert(group_subject(*device.iommu_group));
      // Of very many companions the device names only some; its group names all.
      if (device.companions_total <= device.companions.size()) continue;
      for (const GroupReport& group : report.groups)
        if (group.id == *device.iommu_group) add_companions(group.members);
    }
  }
  void add_companions(const std::vector<PciAddress>& addresses) {
    for (const PciAddress& address : addresses) companions.insert(device_subject(address));
  }
  bool touches(const std::string& subject) const { return chosen.contains(subject) || companions.contains(subject); }
  /// About a device or group that was not asked about.
  bool is_elsewhere(const std::string& subject) const {
    return !chosen.empty() && !touches(subject) && (subject.starts_with("group:") || PciAddress::parse(subject).has_value());
  }
};

int urgency(Status status) {
  switch (status) {
    case Status::fail:
      return 0;
    case Status::warn:
      return 1;
    case Status::unknown:
      return 2;
    case Status::error:
      return 3;
    case Status::pass:
    case Status::not_applicable:
      break;
  }
  return 4;
}

/// What two findings must share to be folded into one: every word but their subjects.
std::string what_it_says(const Finding& finding) {
  std::string all = finding.sentence().without_names([&](const std::string& name) { return name == finding.subject; });
  const auto add = [&](const std::string& text) { all += '\0' + text; };
  for (const Remedy& remedy : finding.remedy) {
    add(remedy.text);
    if (!remedy.form.empty() && remedy.device == finding.subject) {
      add(remedy.form);
    } else {
      for (const std::string& command : remedy.commands) add(command);
      all += '\0';
      for (const std::string& command : remedy.undo) add(command);
    }
    add(remedy.risk);
  }
  return all;
}

/// Puts findings of one check and status that say the same together and sorts them. What stops every device comes first, then
/// what the host would lose, then what the kernel refuses; of the rest, what is rare before what is said of many.
class Gravity {
 public:
  explicit Gravity(const Report& report) : selected_(!report.selection.empty()) {
    for (const DeviceReport& device : report.devices)
      if (device.verdict == DeviceVerdict::protected_by_host) needed_.insert(device_subject(device.address));
  }

  void sort(CheckFindings& check) const {
    std::map<std::string, std::size_t> known;
    for (const Finding* finding : check.findings) {
      const auto [place, is_new] = known.try_emplace(what_it_says(*finding), check.same.size());
      if (is_new) check.same.emplace_back();
      check.same[place->second].findings.push_back(finding);
    }
    if (check.same.size() > 1) {
      std::vector<std::pair<int, SameFindings>> ranked;
      for (SameFindings& same : check.same) {
        std::ranges::stable_sort(same.findings, {}, [this](const Finding* one) { return rank(*one); });
        const int gravest = rank(same.first());
        ranked.emplace_back(gravest, std::move(same));
      }
      std::ranges::stable_sort(ranked, [](const auto& a, const auto& b) {
        return std::pair(a.first, a.second.findings.size()) < std::pair(b.first, b.second.findings.size());
      });
      check.same.clear();
      for (auto& [gravest, same] : ranked) check.same.push_back(std::move(same));
    }
    check.findings.clear();
    for (const SameFindings& same : check.same)
      check.findings.insert(check.findings.end(), same.findings.begin(), same.findings.end());
  }

  /// The gravest is the least. What keeps every device from being assigned decides the verdict.
  int rank(const Finding& finding) const {
    if (finding.subject == host_subject && finding.effect == Effect::blocked) return -1;
    if (finding.effect == Effect::protects || needed_.contains(finding.subject)) return 0;
    if (finding.effect == Effect::blocked) return 1;
    // What only matters once a certain device is given comes after what matters in any case, unless that device was asked for.
    return finding.subject == host_subject || selected_ ? 2 : 3;
  }

 private:
  std::set<std::string> needed_;
  bool selected_;
};

/// One problem for each check and status, the most urgent first.
std::vector<CheckFindings> grouped(const std::vector<const Finding*>& findings, const Gravity& gravity) {
  std::vector<CheckFindings> groups;
  std::map<std::pair<std::string_view, Status>, std::size_t> known;
  for (const Finding* finding : findings) {
    const auto [place, is_new] = known.try_emplace({finding->id, finding->status}, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].findings.push_back(finding);
  }
  for (CheckFindings& group : groups) gravity.sort(group);
  std::ranges::stable_sort(groups, {}, [&](const CheckFindings& group) {
    return std::pair(urgency(group.first().status), gravity.rank(group.first()));
  });
  return groups;
}

void sort_findings(const Report& report, const Selection& selection, Outline& result) {
  std::vector<const Finding*> problems, elsewhere, passed, protections, not_applicable, accepted, unseen;
  for (const Finding& finding : report.findings) {
    if (acceptance_of(report, finding))
      accepted.push_back(&finding);
    else if (finding.status == Status::pass)
      passed.push_back(&finding);
    else if (finding.status == Status::not_applicable)
      not_applicable.push_back(&finding);
    else if (finding.status == Status::unknown && finding.quiet)
      unseen.push_back(&finding);
    else if (is_protection(finding) && !selection.touches(finding.subject))
      protections.push_back(&finding);
    else
      (selection.is_elsewhere(finding.subject) ? elsewhere : problems).push_back(&finding);
  }
  const Gravity gravity(report);
  result.problems = grouped(problems, gravity);
  result.elsewhere = grouped(elsewhere, gravity);
  result.passed = grouped(passed, gravity);
  result.protections = grouped(protections, gravity);
  result.not_applicable = grouped(not_applicable, gravity);
  result.unseen = grouped(unseen, gravity);
  result.accepted = grouped(accepted, gravity);
}

/// Graphics first; a group stands where its foremost member does, and stays together.
void sort_rows(std::vector<const DeviceReport*>& devices) {
  std::map<unsigned, DeviceKind> best;
  for (const DeviceReport* device : devices)
    if (device->iommu_group) {
      const auto [place, is_new] = best.try_emplace(*device->iommu_group, kind_of(*device));
      if (!is_new) place->second = std::min(place->second, kind_of(*device));
    }
  const auto rank = [&](const DeviceReport* device) {
    if (!device->iommu_group) return std::tuple(kind_of(*device), 0U, kind_of(*device));
    return std::tuple(best.at(*device->iommu_group), *device->iommu_group + 1, kind_of(*device));
  };
  std::ranges::stable_sort(devices, {}, rank);
}

void sort_devices(const Report& report, const Selection& selection, Outline& result) {
  for (const DeviceReport& device : report.devices) {
    const bool worth_a_row = report.selection.empty()
                                 ? device.verdict == DeviceVerdict::protected_by_host ||
                                       (!is_machinery(device) && device.verdict != DeviceVerdict::unsuitable)
                                 : selection.touches(device_subject(device.address));
    (worth_a_row ? result.devices : result.folded).push_back(&device);
  }
  sort_rows(result.devices);
}

void find_common_reasons(Outline& result) {
  if (result.devices.size() < 2) return;
  for (const Sentence& reason : result.devices.front()->reasons) {
    const bool shared = std::all_of(result.devices.begin(), result.devices.end(), [&](const DeviceReport* device) {
      return std::find(device->reasons.begin(), device->reasons.end(), reason) != device->reasons.end();
    });
    if (shared) result.common_reasons.push_back(reason);
  }
}

}  // namespace

Outline outline(const Report& report) {
  Outline result;
  const Selection selection(report);
  sort_findings(report, selection, result);
  sort_devices(report, selection, result);
  find_common_reasons(result);
  return result;
}

std::array<const std::vector<CheckFindings>*, 5> other_checks(const Outline& outline) {
  return {&outline.accepted, &outline.passed, &outline.protections, &outline.not_applicable, &outline.unseen};
}

bool is_protection(const Finding& finding) {
  return finding.effect == Effect::protects && (finding.status == Status::warn || finding.status == Status::fail);
}

std::size_t finding_count(std::span<const CheckFindings> checks) {
  std::size_t count = 0;
  for (const CheckFindings& check : checks) count += check.findings.size();
  return count;
}

std::vector<Sentence> own_reasons(const DeviceReport& device, const std::vector<Sentence>& common) {
  std::vector<Sentence> own;
  for (const Sentence& reason : device.reasons)
    if (std::find(common.begin(), common.end(), reason) == common.end()) own.push_back(reason);
  return own;
}

}  // namespace vfio_doctor
