// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/outline.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "machine/pci_address.hpp"
#include "reports/device_kind.hpp"

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
  std::string all = without_subject(finding.summary, finding.subject);
  const auto add = [&](const std::string& text) { all += '\0' + without_subject(text, finding.subject); };
  for (const Remedy& remedy : finding.remedy) {
    add(remedy.text);
    for (const std::string& command : remedy.commands) add(command);
    all += '\0';
    for (const std::string& command : remedy.undo) add(command);
    add(remedy.risk);
  }
  return all;
}

/// Puts findings of one check and status that say the same together and sorts them. What stops every device comes first, then
/// what the host would lose, then what the kernel refuses; of the rest, what is rare before what is said of many.
class Gravity {
 public:
  explicit Gravity(const Report& report) {
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
    return finding.effect == Effect::blocked ? 1 : 2;
  }

 private:
  std::set<std::string> needed_;
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

/// Not where it is unknown whether the host needs the device: that is a problem.
bool is_protection(const Finding& finding) {
  return finding.effect == Effect::protects && (finding.status == Status::warn || finding.status == Status::fail);
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
  for (const std::string& reason : result.devices.front()->reasons) {
    const bool shared = std::all_of(result.devices.begin(), result.devices.end(), [&](const DeviceReport* device) {
      return std::find(device->reasons.begin(), device->reasons.end(), reason) != device->reasons.end();
    });
    if (shared) result.common_reasons.push_back(reason);
  }
}

std::string selection_sentence(const Report& report) {
  const bool one = report.selection.size() == 1;
  const std::string what =
      one ? report.selection.front().text() : "the " + std::to_string(report.selection.size()) + " chosen devices";
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

/// Of a domain that takes no PCI function: a USB device, a mediated one, or nothing.
std::string domain_sentence(const Report& report, const std::string& domain) {
  switch (report.verdict) {
    case Verdict::ready:
      return "Ready: " + domain + " takes no PCI function from this host, and nothing that it takes is in its way.";
    case Verdict::not_ready:
      return "Not ready: " + domain + " does not start as things stand.";
    case Verdict::undetermined:
      break;
  }
  return "Undetermined: whether " + domain + " starts could not be found out.";
}

/// "domain 'win10'", where the report is about one that takes no PCI function.
std::string domain_without_functions(const Report& report) {
  constexpr auto prefix = domain_subject_prefix;
  if (!report.selection.empty()) return {};
  const auto about_domain =
      std::ranges::find_if(report.findings, [&](const Finding& finding) { return finding.subject.starts_with(prefix); });
  return about_domain == report.findings.end() ? "" : "the domain '" + about_domain->subject.substr(prefix.size()) + "'";
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

/// Groups alone are what every kernel with VFIO had for ten years, and a host without any has a failing check: neither needs
/// words.
std::string interfaces_sentence(const MachineSummary& machine) {
  const auto& names = machine.interfaces;
  if (!names || names->empty() || *names == std::vector<std::string>{"group"}) return {};
  return " Ways into VFIO: " + join(*names, ", ") + ".";
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

std::string without_subject(std::string text, const std::string& subject) {
  if (subject == host_subject || subject.empty()) return text;
  std::vector<std::string> spellings{subject, subject_words(subject)};
  if (subject.starts_with("group:")) spellings.push_back("G" + subject_words(subject).substr(1));
  if (subject.starts_with("0000:")) spellings.push_back(subject.substr(5));
  for (const std::string& spelling : spellings) {
    std::string rest;
    std::size_t from = 0;
    for (std::size_t at = 0; (at = text.find(spelling, from)) != std::string::npos; from = at + spelling.size())
      rest.append(text, from, at - from) += '\x01';
    text = rest.append(text, from);
  }
  return text;
}

std::array<const std::vector<CheckFindings>*, 5> other_checks(const Outline& outline) {
  return {&outline.accepted, &outline.passed, &outline.protections, &outline.not_applicable, &outline.unseen};
}

bool is_about_guest(const Report& report) { return report.source.kind == "guest" || report.source.kind == "evidence"; }

std::string verdict_sentence(const Report& report) {
  if (is_about_guest(report)) return guest_sentence(report);
  const auto domain = domain_without_functions(report);
  std::string sentence = !domain.empty()            ? domain_sentence(report, domain)
                         : report.selection.empty() ? host_verdict_sentence(report.verdict)
                                                    : selection_sentence(report);
  const auto accepted =
      std::ranges::count_if(report.findings, [&](const Finding& each) { return acceptance_of(report, each); });
  if (report.verdict == Verdict::ready && accepted > 0)
    sentence += " " + counted(static_cast<std::size_t>(accepted), "risk is accepted.", "risks are accepted.");
  return sentence;
}

std::string counted(std::size_t count, const std::string& singular, const std::string& plural) {
  return std::to_string(count) + " " + (count == 1 ? singular : plural);
}

std::string device_count_sentence(const Report& report) {
  if (report.devices.empty()) return {};
  std::map<DeviceVerdict, std::size_t> counts;
  std::size_t machinery = 0, others = 0;
  for (const DeviceReport& device : report.devices) {
    const bool counts_as_machinery =
        report.selection.empty() && is_machinery(device) && device.verdict != DeviceVerdict::protected_by_host;
    if (counts_as_machinery)
      ++machinery;
    else
      ++others, ++counts[device.verdict];
  }
  static constexpr std::array words{std::pair{DeviceVerdict::assignable, "assignable"},
                                    std::pair{DeviceVerdict::with_companions, "with-companions"},
                                    std::pair{DeviceVerdict::protected_by_host, "protected"},
                                    std::pair{DeviceVerdict::blocked, "blocked"},
                                    std::pair{DeviceVerdict::undetermined, "undetermined"},
                                    std::pair{DeviceVerdict::unsuitable, "unsuitable"}};
  std::vector<std::string> parts;
  for (const auto& [verdict, word] : words)
    if (counts[verdict] > 0) parts.push_back(std::to_string(counts[verdict]) + " " + word);
  const std::string inner =
      counted(machinery, "bridge or part of the chipset or processor", "bridges and parts of the chipset or processor");
  if (others == 0) return "PCI functions: " + inner + ".";
  return counted(others, "PCI function", "PCI functions") + ": " + join(parts, ", ") +
         (machinery > 0 ? "; besides, " + inner : "") + ".";
}

std::size_t finding_count(std::span<const CheckFindings> checks) {
  std::size_t count = 0;
  for (const CheckFindings& check : checks) count += check.findings.size();
  return count;
}

std::string problem_count_sentence(const Outline& outline) {
  std::map<Status, std::size_t> counts;
  for (const CheckFindings& problem : outline.problems) counts[problem.first().status] += problem.findings.size();
  std::vector<std::string> parts;
  const auto add = [&](Status status, const std::string& singular, const std::string& plural) {
    if (counts[status] > 0) parts.push_back(counted(counts[status], singular, plural));
  };
  add(Status::fail, "failure", "failures");
  add(Status::warn, "warning", "warnings");
  add(Status::unknown, "unknown", "unknown");
  add(Status::error, "error", "errors");
  const std::size_t accepted = finding_count(outline.accepted);
  if (accepted > 0) parts.push_back(counted(accepted, "accepted risk", "accepted risks"));
  return parts.empty() ? "No problems." : "Problems: " + join(parts, ", ") + ".";
}

std::string folded_words(const Outline& outline) {
  std::size_t bridges = 0, inner = 0, others = 0;
  for (const DeviceReport* device : outline.folded)
    ++(kind_of(*device) == DeviceKind::bridge ? bridges : is_machinery(*device) ? inner : others);
  std::vector<std::string> parts;
  if (bridges > 0) parts.push_back(counted(bridges, "bridge", "bridges"));
  if (inner > 0) parts.push_back(counted(inner, "part of the chipset or processor", "parts of the chipset or processor"));
  if (others > 0) parts.push_back(counted(others, "other function", "other functions"));
  return join(parts, ", ");
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
  const std::size_t accepted = count_new(outline.accepted);
  const std::size_t protections = count_new(outline.protections), passed = count_new(outline.passed),
                    not_applicable = count_new(outline.not_applicable), unseen = count_new(outline.unseen);
  std::string sentence = counted(passed, "check passed", "checks passed");
  if (accepted > 0) sentence += ", " + counted(accepted, "is accepted", "are accepted");
  if (protections > 0) sentence += ", " + counted(protections, "protects devices", "protect devices");
  if (not_applicable > 0) sentence += ", " + counted(not_applicable, "does not apply", "do not apply");
  if (unseen > 0) sentence += ", " + counted(unseen, "could not see what it needs", "could not see what they need");
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
         host.interrupt_remapping + "." + interfaces_sentence(host.machine);
}

std::string subject_words(const std::string& subject) {
  if (subject == host_subject) return "this host";
  for (const std::string_view kind : {"group", "domain", "guest"})
    if (subject.starts_with(kind) && subject.substr(kind.size(), 1) == ":")
      return std::string(kind) + " " + subject.substr(kind.size() + 1);
  return subject;
}

std::string finding_sentence(const Finding& finding) {
  if (finding.subject == host_subject) return finding.summary;
  const std::string words = subject_words(finding.subject);
  if (to_lower(finding.summary).find(to_lower(words)) != std::string::npos) return finding.summary;
  return words + ": " + finding.summary;
}

std::string status_word(Status status) {
  switch (status) {
    case Status::pass:
      return "PASS";
    case Status::warn:
      return "WARN";
    case Status::fail:
      return "FAIL";
    case Status::unknown:
      return "UNKNOWN";
    case Status::not_applicable:
      return "N/A";
    case Status::error:
      break;
  }
  return "ERROR";
}

std::string status_word(const Finding& finding) { return is_protection(finding) ? "PROTECTED" : status_word(finding.status); }

std::string subject_list(const std::vector<const Finding*>& findings, std::size_t from, std::size_t most) {
  std::vector<std::string> subjects;
  for (std::size_t i = from; i < findings.size() && subjects.size() < most; ++i)
    subjects.push_back(subject_words(findings[i]->subject));
  const std::size_t named = std::min(from + subjects.size(), findings.size());
  if (named == findings.size()) return join(subjects, ", ");
  return join(subjects, ", ") + (subjects.empty() ? "" : " and ") + std::to_string(findings.size() - named) + " more";
}

std::string machine_sentence(const Report& report) {
  const MachineSummary& machine = report.host.machine;
  std::vector<std::string> parts;
  const auto add = [&](const std::string& what, const Observed<std::string>& value) {
    if (value.has_value()) parts.push_back(what + *value);
  };
  const MachineIdentity& hardware = machine.hardware;
  add("host ", machine.host.name);
  add("board ", machine.board());
  if (hardware.firmware_version.has_value())
    parts.push_back("firmware " + *hardware.firmware_version +
                    (hardware.firmware_date.has_value() ? " (" + *hardware.firmware_date + ")" : ""));
  add("", machine.cpu_model);
  add("microcode ", hardware.microcode);
  add("QEMU ", hardware.qemu);
  add("libvirt ", hardware.libvirt);
  add("OVMF ", hardware.ovmf);
  return parts.empty() ? "" : "Machine: " + join(parts, ", ") + ".";
}

std::vector<std::string> own_reasons(const DeviceReport& device, const std::vector<std::string>& common) {
  std::vector<std::string> own;
  for (const std::string& reason : device.reasons)
    if (std::find(common.begin(), common.end(), reason) == common.end()) own.push_back(reason);
  return own;
}

}  // namespace vfio_doctor
