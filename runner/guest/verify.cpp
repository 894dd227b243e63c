// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/verify.hpp"

#include <algorithm>
#include <cctype>

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

std::string first_line(const std::string& text) { return std::string(trim(text.substr(0, std::min<std::size_t>(text.find('\n'), 300)))); }

/// Finding `at` must be the rung `at % 6` of device `at / 6`, in the manifest's order.
void require_complete(const Manifest& manifest, const Report& report, const std::string& guest) {
  const auto count = manifest.devices.size() * rung_count + 1;
  if (report.findings.size() != count) refuse(guest, "its report does not speak of every expected device");
  for (std::size_t at = 0; at + 1 < count; ++at)
    if (report.findings[at].id != rung_id(all_rungs[at % rung_count]))
      refuse(guest, "its report does not speak of every rung of every expected device");
}

/// Remedies speak of DOMAIN; where its name can be pasted into a shell as it is, they say it.
void name_the_domain(const std::string& domain, Remedy& remedy) {
  const auto is_plain = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.'; };
  if (domain.empty() || domain.front() == '-' || !std::ranges::all_of(domain, is_plain)) return;
  const auto fill_in = [&domain](std::string& text) {
    static constexpr std::string_view placeholder = "DOMAIN";
    for (auto at = text.find(placeholder); at != text.npos; at = text.find(placeholder, at + domain.size()))
      text.replace(at, placeholder.size(), domain);
  };
  fill_in(remedy.text);
  std::ranges::for_each(remedy.commands, fill_in);
}

/// "ADDRESS" in a remedy is the guest's own address of the device, which the finding is about.
void name_the_address(const std::string& subject, Remedy& remedy) {
  const auto address = PciAddress::parse(subject);
  if (!address) return;
  for (auto& command : remedy.commands)
    if (const auto at = command.find("ADDRESS"); at != command.npos) command.replace(at, 7, address->text());
}

/// A guest could call a device by another's name.
void restore_names(const Manifest& manifest, Report& report) {
  for (std::size_t at = 0; at / rung_count < manifest.devices.size(); ++at) {
    auto& evidence = report.findings[at].evidence;
    const Evidence name{"manifest", host_name_of(manifest.devices[at / rung_count])};
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
    DeviceLadder ladder;
    ladder.expected = &manifest.devices[at / rung_count];
    finding.remedy.push_back(remedy_for(all_rungs[at % rung_count], ladder));
    name_the_domain(manifest.domain, finding.remedy.back());
    name_the_address(finding.subject, finding.remedy.back());
  }
}

}  // namespace

Report verify_evidence(const Manifest& manifest, const std::vector<EvidenceFile>& files) {
  const auto view = read_evidence(files);
  return guest_report(judge_guest(manifest, view), view, "evidence", view.name);
}

Report report_of_answer(const Manifest& manifest, const AgentAnswer& answer, const std::string& guest) {
  if (answer.exit_code == 126 || answer.exit_code == 127)
    refuse(guest, "it cannot be started there: it is made for the host's kind of processor and for Linux, and /var/tmp must "
                  "not be mounted noexec. Use --evidence instead");
  if (answer.output.empty()) refuse(guest, answer.errors.empty() ? "it said nothing" : first_line(answer.errors));
  if (answer.output.size() > longest_agent_answer) refuse(guest, "its report is too long");
  auto report = parse_report_json(answer.output, "the agent in " + guest);
  require_complete(manifest, report, guest);
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
    const auto row = std::ranges::find(host_report.devices, device.host_address->text(), &DeviceReport::address);
    if (row != host_report.devices.end()) report.devices.push_back(*row);
  }
  report.verdict = guest_verdict(report.findings);
}

}  // namespace vfio_doctor
