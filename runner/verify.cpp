// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/verify.hpp"

#include <algorithm>

#include "checks/guest/guest_remedies.hpp"
#include "facts/input_error.hpp"
#include "facts/text.hpp"
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
  }
}

Finding released_finding(const ExpectedDevice& device, const PciFunction* function) {
  Finding finding;
  finding.id = "guest-released";
  finding.title = "Host has let go of the device";
  finding.subject = device.host_address->text();
  if (!function) {
    finding.status = Status::unknown;
    finding.summary = device.label + " is not on this host now.";
  } else if (function->driver.has_value() && function->driver.value().find("vfio") != std::string::npos) {
    finding.status = Status::pass;
    finding.summary = device.label + " is held by " + function->driver.value() + " on the host, for the guest.";
  } else if (function->driver.is_unreadable()) {
    finding.status = Status::unknown;
    finding.summary = "Which driver holds " + device.label + " on the host could not be read: " + function->driver.why() + ".";
  } else {
    finding.status = Status::fail;
    finding.summary = device.label + (function->driver.has_value()
                                          ? " is still driven by the host's " + function->driver.value() + "."
                                          : " has no driver on the host, so no guest holds it.");
    finding.remedy.push_back({"See which domain should hold it and whether it runs.",
                              {"virsh list --all", "vfio-doctor check --device " + device.host_address->text()}, {},
                              "None: these commands only read."});
  }
  return finding;
}

}  // namespace

Report verify_evidence(const Manifest& manifest, const std::vector<EvidenceFile>& files) {
  const auto view = read_evidence(files);
  return guest_report(judge_guest(manifest, view), view, "evidence", view.name);
}

Report report_of_answer(const Manifest& manifest, const AgentAnswer& answer, const std::string& guest) {
  if (answer.exit_code == 126 || answer.exit_code == 127)
    refuse(guest, "it cannot be started there; it is made for the host's kind of processor and for Linux. Use --evidence instead");
  if (answer.output.empty()) refuse(guest, answer.errors.empty() ? "it said nothing" : first_line(answer.errors));
  if (answer.output.size() > longest_agent_answer) refuse(guest, "its report is too long");
  auto report = parse_report_json(answer.output, "the agent in " + guest);
  require_complete(manifest, report, guest);
  replace_remedies(manifest, report);
  report.source = {"guest", guest};
  report.selection.clear();
  report.devices.clear();
  report.groups.clear();
  report.verdict = guest_verdict(report.findings);
  return report;
}

void add_host_side(const Manifest& manifest, const Host& host, Report& report) {
  for (const auto& device : manifest.devices)
    if (device.host_address) report.findings.push_back(released_finding(device, host.find(*device.host_address)));
  report.verdict = guest_verdict(report.findings);
}

}  // namespace vfio_doctor
