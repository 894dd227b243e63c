// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/sentences.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "reports/device_kind.hpp"

namespace vfio_doctor {
namespace {

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
  if (finding.subject == host_subject || finding.sentence().does_name(finding.subject)) return finding.summary;
  return subject_words(finding.subject) + ": " + finding.summary;
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
  std::size_t named = std::min(from, findings.size());
  for (; named < findings.size(); ++named) {  // a subject of several findings is named once
    auto words = subject_words(findings[named]->subject);
    if (std::ranges::find(subjects, words) != subjects.end()) continue;
    if (subjects.size() == most) break;
    subjects.push_back(std::move(words));
  }
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

}  // namespace vfio_doctor
