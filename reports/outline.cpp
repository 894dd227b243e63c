// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/outline.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {
namespace {

/// What a selection touches: the chosen functions, their companions and groups, as subjects of findings.
struct Selection {
  std::set<std::string> chosen, companions;

  explicit Selection(const Report& report) : chosen(report.selection.begin(), report.selection.end()) {
    const std::set<std::string> addresses = chosen;
    for (const DeviceReport& device : report.devices) {
      if (!addresses.contains(device.address)) continue;
      companions.insert(device.companions.begin(), device.companions.end());
      if (device.iommu_group) chosen.insert(group_subject(*device.iommu_group));
    }
  }
  bool touches(const std::string& subject) const {
    return chosen.contains(subject) || companions.contains(subject);
  }
  /// About a device or group that was not asked about.
  bool is_elsewhere(const std::string& subject) const {
    return !chosen.empty() && !touches(subject) &&
           (subject.starts_with("group:") || PciAddress::parse(subject).has_value());
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

/// One problem for each check and status, the most urgent first.
std::vector<CheckFindings> grouped(const std::vector<const Finding*>& findings) {
  std::vector<CheckFindings> groups;
  std::map<std::pair<std::string_view, Status>, std::size_t> known;
  for (const Finding* finding : findings) {
    const auto [place, is_new] = known.try_emplace({finding->id, finding->status}, groups.size());
    if (is_new) groups.emplace_back();
    groups[place->second].findings.push_back(finding);
  }
  std::stable_sort(groups.begin(), groups.end(), [](const CheckFindings& a, const CheckFindings& b) {
    return urgency(a.first().status) < urgency(b.first().status);
  });
  return groups;
}

/// Not where it is unknown whether the host needs the device: that is a problem.
bool is_protection(const Finding& finding) {
  return finding.effect == Effect::protects &&
         (finding.status == Status::warn || finding.status == Status::fail);
}

void sort_findings(const Report& report, const Selection& selection, Outline& result) {
  std::vector<const Finding*> problems, elsewhere, passed, protections, not_applicable;
  for (const Finding& finding : report.findings) {
    if (finding.status == Status::pass)
      passed.push_back(&finding);
    else if (finding.status == Status::not_applicable)
      not_applicable.push_back(&finding);
    else if (is_protection(finding) && !selection.touches(finding.subject))
      protections.push_back(&finding);
    else
      (selection.is_elsewhere(finding.subject) ? elsewhere : problems).push_back(&finding);
  }
  result.problems = grouped(problems);
  result.elsewhere = grouped(elsewhere);
  result.passed = grouped(passed);
  result.protections = grouped(protections);
  result.not_applicable = grouped(not_applicable);
}

void sort_devices(const Report& report, const Selection& selection, Outline& result) {
  for (const DeviceReport& device : report.devices) {
    const bool worth_a_row = report.selection.empty()
                                 ? !device.is_bridge && device.verdict != DeviceVerdict::unsuitable
                                 : selection.touches(device.address);
    (worth_a_row ? result.devices : result.folded).push_back(&device);
  }
}

void find_common_reasons(Outline& result) {
  if (result.devices.size() < 2) return;
  for (const std::string& reason : result.devices.front()->reasons) {
    const bool shared =
        std::all_of(result.devices.begin(), result.devices.end(), [&](const DeviceReport* device) {
          return std::find(device->reasons.begin(), device->reasons.end(), reason) != device->reasons.end();
        });
    if (shared) result.common_reasons.push_back(reason);
  }
}

std::string selection_sentence(const Report& report) {
  const bool one = report.selection.size() == 1;
  const std::string what =
      one ? report.selection.front() : "the " + std::to_string(report.selection.size()) + " chosen devices";
  switch (report.verdict) {
    case Verdict::ready:
      return "Ready: " + what + " can be given to a virtual machine.";
    case Verdict::not_ready:
      return "Not ready: " + what + " cannot be given to a virtual machine as things stand.";
    case Verdict::undetermined:
      break;
  }
  return "Undetermined: whether " + what + " can be given to a virtual machine could not be found out.";
}

/// Only what passes FUNCTION is said to work; a manifest may ask for less.
std::string guest_sentence(const Report& report) {
  const auto does_not_show_work = [](const Finding& finding) {
    return finding.id == "guest-function" && finding.status != Status::pass;
  };
  switch (report.verdict) {
    case Verdict::ready:
      return std::ranges::any_of(report.findings, does_not_show_work) ? "Ready: everything expected is there."
                                                                       : "Ready: everything expected is there and works.";
    case Verdict::not_ready:
      return "Not ready: something expected is missing or does not work.";
    case Verdict::undetermined:
      break;
  }
  return "Undetermined: whether everything expected works could not be found out.";
}

std::string host_verdict_sentence(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready:
      return "Ready: this host can give PCI devices to virtual machines.";
    case Verdict::not_ready:
      return "Not ready: this host cannot give PCI devices to virtual machines as it stands.";
    case Verdict::undetermined:
      break;
  }
  return "Undetermined: whether this host can give PCI devices to virtual machines could not be found out.";
}

std::string cpu_name(const std::string& vendor) {
  if (vendor == "intel") return "Intel";
  if (vendor == "amd" || vendor == "arm") return vendor == "amd" ? "AMD" : "Arm";
  return vendor;
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

std::array<const std::vector<CheckFindings>*, 3> other_checks(const Outline& outline) {
  return {&outline.passed, &outline.protections, &outline.not_applicable};
}

bool is_about_guest(const Report& report) {
  return report.source.kind == "guest" || report.source.kind == "evidence";
}

std::string verdict_sentence(const Report& report) {
  if (is_about_guest(report)) return guest_sentence(report);
  return report.selection.empty() ? host_verdict_sentence(report.verdict) : selection_sentence(report);
}

std::string counted(std::size_t count, const std::string& singular, const std::string& plural) {
  return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

std::string device_count_sentence(const Report& report) {
  if (report.devices.empty()) return {};
  std::map<DeviceVerdict, std::size_t> counts;
  for (const DeviceReport& device : report.devices) ++counts[device.verdict];
  static constexpr std::array words{std::pair{DeviceVerdict::assignable, "assignable"},
                                    std::pair{DeviceVerdict::with_companions, "with companions"},
                                    std::pair{DeviceVerdict::protected_by_host, "protected"},
                                    std::pair{DeviceVerdict::blocked, "blocked"},
                                    std::pair{DeviceVerdict::undetermined, "undetermined"},
                                    std::pair{DeviceVerdict::unsuitable, "not for assignment"}};
  std::vector<std::string> parts;
  for (const auto& [verdict, word] : words)
    if (counts[verdict] > 0) parts.push_back(std::to_string(counts[verdict]) + " " + word);
  return counted(report.devices.size(), "PCI function", "PCI functions") + ": " + join(parts, ", ") + ".";
}

std::string check_count_sentence(const Outline& outline) {
  std::set<std::string_view> known;
  // How many of these checks are met for the first time.
  const auto count_new = [&](const std::vector<CheckFindings>& groups) {
    std::size_t count = 0;
    for (const CheckFindings& group : groups) count += known.insert(group.first().id).second ? 1 : 0;
    return count;
  };
  count_new(outline.problems);
  count_new(outline.elsewhere);
  const std::size_t protections = count_new(outline.protections), passed = count_new(outline.passed),
                    not_applicable = count_new(outline.not_applicable);
  std::string sentence = counted(passed, "check passed", "checks passed");
  if (protections > 0) sentence += ", " + counted(protections, "protects devices", "protect devices");
  if (not_applicable > 0) sentence += ", " + counted(not_applicable, "does not apply", "do not apply");
  return sentence;
}

std::string host_sentence(const Report& report) {
  if (is_about_guest(report)) return {};
  const Report::HostSummary& host = report.host;
  std::vector<std::string> parts;
  if (host.distribution) parts.push_back(*host.distribution);
  if (host.kernel) parts.push_back("kernel " + *host.kernel);
  if (host.cpu_vendor) parts.push_back(cpu_name(*host.cpu_vendor) + " CPU");
  return (parts.empty() ? "" : join(parts, ", ") + ". ") + "IOMMU " + host.iommu + ", interrupt remapping " +
         host.interrupt_remapping + ".";
}

std::string subject_words(const std::string& subject) {
  if (subject == host_subject) return {};
  for (const std::string_view kind : {"group", "domain", "guest"})
    if (subject.starts_with(kind) && subject.substr(kind.size(), 1) == ":")
      return std::string(kind) + " " + subject.substr(kind.size() + 1);
  return subject;
}

std::string finding_sentence(const Finding& finding) {
  const std::string words = subject_words(finding.subject);
  if (to_lower(finding.summary).find(to_lower(words)) != std::string::npos) return finding.summary;
  return words + ": " + finding.summary;
}

std::string status_word(Status status) {
  switch (status) {
    case Status::pass:
      return "Passed";
    case Status::warn:
      return "Warning";
    case Status::fail:
      return "Fails";
    case Status::unknown:
      return "Unknown";
    case Status::not_applicable:
      return "Does not apply";
    case Status::error:
      return "Error";
  }
  return "Error";
}

std::vector<std::string> own_reasons(const DeviceReport& device, const std::vector<std::string>& common) {
  std::vector<std::string> own;
  for (const std::string& reason : device.reasons)
    if (std::find(common.begin(), common.end(), reason) == common.end()) own.push_back(reason);
  return own;
}

}  // namespace vfio_doctor
