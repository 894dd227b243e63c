// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>
#include <memory>

#include "base/text.hpp"
#include "checks/guest/guest_remedies.hpp"
#include "checks/guest/ladder.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_listed = 16;

std::string_view rung_title(Rung rung) {
  static constexpr std::array titles = {"Device is in the guest", "Device is the right one", "Device is in the right place",
                                        "Device has a driver",    "Device is switched on",   "Device works"};
  return titles[static_cast<std::size_t>(rung)];
}

Finding device_finding(const DeviceLadder& ladder, Rung rung, const GuestView& view,
                       const std::shared_ptr<const ExpectedName>& expected) {
  const auto& result = ladder.at(rung);
  Finding finding;
  finding.id = rung_id(rung);
  finding.title = rung_title(rung);
  finding.status = result.status;
  finding.subject = ladder.seen && ladder.seen->has_address ? device_subject(ladder.seen->address) : "guest:" + view.name;
  finding.expected = expected;
  finding.detail = result.summary;
  finding.summary = ladder.expected->label + ": " + result.summary;
  if (result.status == Status::fail) {
    const auto proven = ladder.proven();
    finding.summary = ladder.expected->label + " fails at " + std::string(to_text(rung)) + ": " + result.summary;
    if (proven) finding.summary += " Proven: " + std::string(to_text(*proven)) + ".";
  }
  finding.evidence.push_back({"manifest", host_name_of(*ladder.expected)});
  finding.evidence.insert(finding.evidence.end(), result.evidence.begin(), result.evidence.end());
  if (result.status == Status::fail) {
    GuestNames names;
    if (ladder.seen && ladder.seen->has_address) names.address = ladder.seen->address.text();
    finding.remedy.push_back(remedy_for(rung, *ladder.expected, names));
  }
  return finding;
}

std::string shown(const GuestFunction& function) {
  const auto name = function.name.empty() ? ids_text(function.id) : function.name + " [" + ids_text(function.id) + "]";
  return function.has_address ? function.address.text() + " " + name : name;
}

std::string shown_unexpected(const GuestJudgement& judgement, std::size_t most) {
  std::vector<std::string> listed;
  for (const auto* function : judgement.unexpected)
    if (listed.size() < most) listed.push_back(shown(*function));
  if (judgement.unexpected.size() > listed.size())
    listed.push_back(std::to_string(judgement.unexpected.size() - listed.size()) + " more");
  return join(listed, "; ");
}

/// Where another device came, the XML most likely names that one.
void say_what_came_instead(const GuestJudgement& judgement, Finding& finding) {
  constexpr std::size_t most_instead = 4;
  if (finding.status != Status::fail || judgement.unexpected.empty()) return;
  finding.evidence.push_back({"came instead", shown_unexpected(judgement, most_instead)});
}

Finding unexpected_finding(const GuestJudgement& judgement, const GuestView& view) {
  Finding finding;
  finding.id = unexpected_finding_id;
  finding.title = "Nothing else was passed";
  finding.subject = "guest:" + view.name;
  finding.status = Status::pass;
  finding.summary = "No other device in the guest looks like real hardware.";
  if (!view.functions.has_value()) {
    finding.status = Status::unknown;
    finding.summary = "The guest's PCI devices were not seen: " + view.functions.why() + ".";
  } else if (!view.functions_complete) {
    finding.status = Status::unknown;
    finding.summary = "Only a part of the guest's PCI devices was listed, so what else was passed is not known.";
  }
  if (judgement.unexpected.empty()) return finding;
  finding.status = Status::warn;
  finding.summary = "In the guest, but not in the manifest: " + shown_unexpected(judgement, most_listed) + ".";
  return finding;
}

}  // namespace

std::shared_ptr<const ExpectedName> expected_name(const ExpectedDevice& expected) {
  return std::make_shared<const ExpectedName>(ExpectedName{expected.label, expected.host_address});
}

std::string host_name_of(const ExpectedDevice& expected) {
  return expected.label + (expected.host_address ? " (host " + expected.host_address->text() + ")" : "");
}

std::vector<Finding> guest_findings(const GuestJudgement& judgement, const GuestView& view) {
  std::vector<Finding> findings;
  for (const auto& ladder : judgement.devices) {
    const auto expected = expected_name(*ladder.expected);
    for (const auto rung : all_rungs) {
      findings.push_back(device_finding(ladder, rung, view, expected));
      if (rung == Rung::present) say_what_came_instead(judgement, findings.back());
    }
  }
  findings.push_back(unexpected_finding(judgement, view));
  return findings;
}

}  // namespace vfio_doctor
