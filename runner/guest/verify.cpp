// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/verify.hpp"

#include <algorithm>
#include <cctype>
#include <span>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/guest/guest_released.hpp"
#include "checks/guest/guest_remedies.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"

namespace vfio_doctor {
namespace {

[[noreturn]] void refuse(const std::string& guest, const std::string& what) {
  throw InputError("the agent in " + guest + ": " + what);
}

std::string first_line(const std::string& text) {
  return std::string(trim(text.substr(0, std::min<std::size_t>(text.find('\n'), 300))));
}

/// Finding `at` must be the rung `at % 6` of device `at / 6`, in the manifest's order.
void require_complete(const Manifest& manifest, const Report& report, const std::string& guest) {
  const auto count = manifest.devices.size() * rung_count + 1;
  if (report.findings.size() != count) refuse(guest, "its report does not speak of every expected device");
  for (std::size_t at = 0; at + 1 < count; ++at)
    if (report.findings[at].id != rung_id(all_rungs[at % rung_count]))
      refuse(guest, "its report does not speak of every rung of every expected device");
  // Anything else there could pass for the host's own word.
  if (report.findings.back().id != unexpected_finding_id) refuse(guest, "its report does not say what else is in the guest");
}

/// Whether the manifest leaves nothing to prove at this rung. DECODE is about what a driver has switched on.
bool may_be_not_applicable(const ExpectedDevice& expected, Rung rung) {
  switch (rung) {
    case Rung::present:
    case Rung::identity:
      return false;
    case Rung::placement:
      return !expected.guest_path;
    case Rung::driver:
    case Rung::decode:
    case Rung::function:
      return !expected.expect_driver;
  }
  return false;
}

/// Which rungs can carry a reservation: identical twins, a driver that gave up, trouble in the kernel log (which
/// guest_verdict() weighs).
bool may_warn(Rung rung) { return rung == Rung::identity || rung == Rung::driver || rung == Rung::function; }

bool keeps_from_ready(const Finding& finding) {
  return finding.status == Status::fail || finding.status == Status::error || finding.status == Status::unknown;
}

/// An answer in which nothing fails is only as good as what it proves: what the manifest asks for and the answer passes
/// over is not known. Beside a rung that fails or was not seen the others may well be "not judged".
void demand_proof(const Manifest& manifest, Report& report) {
  for (std::size_t device = 0; device < manifest.devices.size(); ++device) {
    const auto& expected = manifest.devices[device];
    const auto rungs = std::span(report.findings).subspan(device * rung_count, rung_count);
    if (std::ranges::any_of(rungs, keeps_from_ready)) continue;
    for (std::size_t at = 0; at < rung_count; ++at) {
      const auto rung = all_rungs[at];
      const bool passed_over = (rungs[at].status == Status::not_applicable && !may_be_not_applicable(expected, rung)) ||
                               (rungs[at].status == Status::warn && !may_warn(rung));
      if (!passed_over) continue;
      rungs[at].status = Status::unknown;
      rungs[at].detail = "the manifest asks for " + std::string(to_text(rung)) + ", but the agent's answer does not prove it.";
      rungs[at].summary = expected.label + ": " + rungs[at].detail;
    }
  }
  auto& unexpected = report.findings.back();
  if (unexpected.status != Status::not_applicable) return;
  unexpected.status = Status::unknown;
  unexpected.summary = "The agent's answer does not say what else is in the guest.";
}

void shorten(std::string& text, std::size_t longest) {
  if (text.size() <= longest) return;
  text.resize(longest);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();  // a part of a character
  text += "...";
}

/// A guest's report is shown to people: what no agent of ours would say is cut off, and said to be.
void bound_texts(Report& report) {
  constexpr std::size_t most_notes = 16, most_evidence = 64, longest_text = 2000;
  if (report.notes.size() > most_notes) {
    const auto more = report.notes.size() - most_notes;
    report.notes.resize(most_notes);
    report.notes.push_back("The guest's report has " + std::to_string(more) + " more notes, which are not shown.");
  }
  for (auto& note : report.notes) shorten(note, longest_text);
  if (report.host.kernel) shorten(*report.host.kernel, longest_text);
  for (auto& finding : report.findings) {
    shorten(finding.subject, longest_text);
    shorten(finding.title, longest_text);
    shorten(finding.summary, longest_text);
    shorten(finding.detail, longest_text);
    if (finding.evidence.size() > most_evidence) {
      const auto more = finding.evidence.size() - most_evidence;
      finding.evidence.resize(most_evidence);
      finding.evidence.push_back({"not shown", std::to_string(more) + " more of the guest's words"});
    }
    for (auto& evidence : finding.evidence) {
      shorten(evidence.source, longest_text);
      shorten(evidence.value, longest_text);
    }
  }
}

/// What commands may call them: the domain only where its name can be pasted into a shell as it is.
GuestNames names_of(const Manifest& manifest, const Finding& finding) {
  GuestNames names;
  const auto& domain = manifest.domain;
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.'; };
  if (!domain.empty() && domain.front() != '-' && std::ranges::all_of(domain, is_plain)) names.domain = domain;
  if (const auto address = PciAddress::parse(finding.subject)) names.address = address->text();
  return names;
}

/// A guest could call a device by another's name.
void restore_names(const Manifest& manifest, Report& report) {
  for (std::size_t at = 0; at / rung_count < manifest.devices.size(); ++at) {
    const auto& device = manifest.devices[at / rung_count];
    report.findings[at].expected = expected_name(device);
    auto& evidence = report.findings[at].evidence;
    const Evidence name{"manifest", host_name_of(device)};
    if (!evidence.empty() && evidence.front().source == name.source)
      evidence.front() = name;
    else
      evidence.insert(evidence.begin(), name);
  }
}

/// A guest could put commands into a remedy for somebody to paste on the host.
void replace_remedies(const Manifest& manifest, Report& report) {
  for (std::size_t at = 0; at < report.findings.size(); ++at) {
    auto& finding = report.findings[at];
    finding.remedy.clear();
    finding.effect = Effect::none;
    if (finding.status != Status::fail || at / rung_count >= manifest.devices.size()) continue;
    finding.remedy.push_back(
        remedy_for(all_rungs[at % rung_count], manifest.devices[at / rung_count], names_of(manifest, finding)));
  }
}

}  // namespace

Report verify_evidence(const Manifest& manifest, const std::vector<EvidenceFile>& files) {
  const auto view = read_evidence(files);
  return guest_report(judge_guest(manifest, view), view, "evidence", view.name);
}

Report report_of_answer(const Manifest& manifest, const AgentAnswer& answer, const std::string& guest) {
  if (answer.exit_code == 126 || answer.exit_code == 127)
    refuse(guest,
           "it cannot be started there: it is made for the host's kind of processor and for Linux, and /var/tmp must "
           "not be mounted noexec. Use --evidence instead");
  if (answer.output.empty()) refuse(guest, answer.errors.empty() ? "it said nothing" : first_line(answer.errors));
  if (answer.output.size() > longest_agent_answer) refuse(guest, "its report is too long");
  auto report = parse_report_json(answer.output, "the agent in " + guest);
  require_complete(manifest, report, guest);
  demand_proof(manifest, report);
  bound_texts(report);
  restore_names(manifest, report);
  replace_remedies(manifest, report);
  report.source = {"guest", guest};
  report.selection.clear();
  report.devices.clear();
  report.groups.clear();
  report.verdict = guest_verdict(report.findings);
  return report;
}

void add_host_side(const Manifest& manifest, const Host& host, const Report& host_report, Report& report) {
  for (const auto& device : manifest.devices) {
    if (!device.host_address) continue;
    report.findings.push_back(judge_released(device, host.find(*device.host_address)));
    const auto row = std::ranges::find(host_report.devices, *device.host_address, &DeviceReport::address);
    if (row != host_report.devices.end()) report.devices.push_back(*row);
  }
  report.verdict = guest_verdict(report.findings);
}

}  // namespace vfio_doctor
