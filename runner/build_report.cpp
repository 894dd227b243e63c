// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/build_report.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <ranges>
#include <set>

#include "checks/group_members.hpp"
#include "checks/iommu_state.hpp"
#include "facts/in_parallel.hpp"
#include "facts/text.hpp"
#include "reports/bounds.hpp"
#include "reports/device_kind.hpp"

namespace vfio_doctor {
namespace {

template <class Number>
std::optional<std::string> hex(const Observed<Number>& value, std::size_t digits) {
  return value.has_value() ? std::optional(hex_text(value.value(), digits)) : std::nullopt;
}

template <class T>
std::optional<T> as_optional(const Observed<T>& value) {
  return value.has_value() ? std::optional<T>(value.value()) : std::nullopt;
}

DeviceReport describe_device(const DeviceDecision& decision) {
  const auto& function = *decision.function;
  DeviceReport device;
  device.address = function.address.text();
  device.vendor_id = hex(function.vendor_id, 4);
  device.device_id = hex(function.device_id, 4);
  device.subsystem_vendor_id = hex(function.subsystem_vendor_id, 4);
  device.subsystem_device_id = hex(function.subsystem_device_id, 4);
  device.class_code = hex(function.class_code, 6);
  device.revision = hex(function.revision, 2);
  device.name = function.name;
  device.class_name = function.class_name;
  device.iommu_group = as_optional(function.iommu_group);
  device.driver = as_optional(function.driver);
  if (function.parent) device.parent = function.parent->text();
  device.is_bridge = function.is_bridge();
  device.verdict = decision.verdict;
  device.companions_total = decision.companions_total;
  for (const auto& companion : decision.companions | std::views::take(bounds::companions))
    device.companions.push_back(companion.text());
  device.reasons = decision.reasons;
  return device;
}

std::optional<std::string> vendor_text(CpuVendor vendor) {
  switch (vendor) {
    case CpuVendor::intel: return "intel";
    case CpuVendor::amd: return "amd";
    case CpuVendor::arm: return "arm";
    case CpuVendor::other: return "other";
    case CpuVendor::unknown: return std::nullopt;
  }
  return std::nullopt;
}

Report::HostSummary summarize(const Host& host) {
  Report::HostSummary summary;
  summary.kernel = as_optional(host.kernel.release);
  summary.cpu_vendor = vendor_text(host.cpu.vendor);
  summary.distribution = as_optional(host.distribution.pretty_name.has_value() ? host.distribution.pretty_name
                                                                               : host.distribution.id);
  summary.iommu = to_text(dma_remapping(host));
  summary.interrupt_remapping = to_text(interrupt_remapping(host));
  return summary;
}

Finding verdict_finding(Status status, std::string subject, std::string summary) {
  Finding finding;
  finding.id = verdict_finding_id;
  finding.title = "Verdict";
  finding.status = status;
  finding.subject = std::move(subject);
  finding.summary = std::move(summary);
  return finding;
}

bool can_be_given(DeviceVerdict verdict) {
  return verdict == DeviceVerdict::assignable || verdict == DeviceVerdict::with_companions;
}

/// The host is ready when nothing about it fails and at least one device can be given.
Verdict judge_host(const Report& report, const std::vector<DeviceDecision>& decisions, std::vector<Finding>& findings) {
  const auto any_about_host = [&findings](auto condition) {
    return std::ranges::any_of(findings, [&](const Finding& finding) {
      return finding.subject == host_subject && condition(finding);
    });
  };
  if (any_about_host([&report](const Finding& finding) { return finding.status == Status::fail && !acceptance_of(report, finding); }))
    return Verdict::not_ready;
  if (any_about_host([](const Finding& finding) {
        return (finding.status == Status::unknown || finding.status == Status::error) && finding.effect == Effect::blocked;
      }))
    return Verdict::undetermined;
  const auto is = [&decisions](auto condition) {
    return std::ranges::any_of(decisions, [&](const DeviceDecision& one) { return condition(one.verdict); });
  };
  if (is(can_be_given)) return Verdict::ready;
  if (decisions.empty() || is([](DeviceVerdict verdict) { return verdict == DeviceVerdict::undetermined; }))
    return Verdict::undetermined;
  auto finding = verdict_finding(Status::fail, host_subject, "The IOMMU works, but no device here can be given to a guest: "
                                                            "each is blocked, needed by the host, or not a thing one assigns.");
  finding.evidence = {{"device verdicts", std::to_string(decisions.size()) + " functions, none assignable"}};
  findings.push_back(finding);
  return Verdict::not_ready;
}

/// Give it too, where it is a thing one gives; else only take its driver away.
std::vector<Remedy> free_companion(const std::string& address, const std::string& companion, bool can_go_too) {
  std::vector<Remedy> remedies;
  if (can_go_too)
    remedies.push_back({"Give both to the same guest. This asks about both.", {"vfio-doctor --device " + address + " --device " + companion}, {}, {}});
  remedies.push_back({can_go_too ? "Or take the driver away until the guest is off." : "Take the driver away until the guest is off. Never "
                                                                                       "give this one to a guest: the host's chipset needs it.",
                      {"echo " + companion + " | sudo tee /sys/bus/pci/devices/" + companion + "/driver/unbind"},
                      {"echo " + companion + " | sudo tee /sys/bus/pci/drivers_probe"},
                      "The host has no use of it until its driver is back."});
  return remedies;
}

/// A companion that is not selected must at least be free of host drivers.
Finding judge_companion(const Host& host, const std::string& address, const PciAddress& companion, bool can_go_too) {
  const auto* function = host.find(companion);
  const auto driver = function ? function->driver : Observed<std::string>::unreadable("no such function to be seen");
  const auto name = "Its companion " + companion.text();
  auto finding = verdict_finding(Status::warn, address,
                                 name + " has no host driver now; it must stay that way while a guest has " + address + ".");
  finding.evidence = {{"/sys/bus/pci/devices/" + companion.text() + "/driver",
                       driver.has_value() ? *driver : driver.is_absent() ? "none" : driver.why()}};
  if (driver.is_unreadable()) {
    finding.status = Status::unknown;
    finding.summary = "Whether a host driver holds its companion " + companion.text() + " could not be seen.";
  } else if (driver.has_value() && leaves_dma_to_user(*driver)) {
    finding.summary = name + " is held by " + *driver + " now, which is no hindrance; no host driver may take it while a "
                      "guest has " + address + ".";
  } else if (driver.has_value()) {
    finding.status = Status::fail;
    finding.summary = name + " is held by the host driver " + *driver +
                      (can_go_too ? ": give it to the same guest, or take the driver away first." : ": that driver must let go first.");
    finding.remedy = free_companion(address, companion.text(), can_go_too);
  }
  return finding;
}

bool is_unsuitable(const std::vector<DeviceDecision>& decisions, const PciAddress& address) {
  return std::ranges::any_of(decisions, [&](const DeviceDecision& one) {
    return one.function->address == address && (one.verdict == DeviceVerdict::unsuitable || is_machinery(describe_device(one)));
  });
}

void judge_companions(const Host& host, const std::vector<DeviceDecision>& decisions, const DeviceDecision& decision,
                      const std::vector<PciAddress>& selection, std::vector<Finding>& findings) {
  for (const auto& companion : companions_of(host, *decision.function))
    if (std::ranges::find(selection, companion) == selection.end())
      findings.push_back(judge_companion(host, decision.function->address.text(), companion, !is_unsuitable(decisions, companion)));
}

Verdict judge_selection(const Host& host, const std::vector<DeviceDecision>& decisions,
                        const std::vector<PciAddress>& selection, std::vector<Finding>& findings) {
  const auto before = findings.size();
  for (const auto& decision : decisions) {
    if (std::ranges::find(selection, decision.function->address) == selection.end()) continue;
    if (decision.verdict == DeviceVerdict::undetermined) {
      findings.push_back(verdict_finding(Status::unknown, decision.function->address.text(),
                                         "Whether it can be given to a guest could not be determined."));
    } else if (!can_be_given(decision.verdict)) {
      auto finding = verdict_finding(Status::fail, decision.function->address.text(),
                                     "It is " + std::string(to_text(decision.verdict)) + "." +
                                         (decision.reasons.empty() ? "" : " " + decision.reasons.front()));
      for (const auto& reason : decision.reasons) finding.evidence.push_back({"reason", reason});
      findings.push_back(finding);
    } else {
      judge_companions(host, decisions, decision, selection, findings);
    }
  }
  const auto any = [&](Status status) {
    return std::any_of(findings.begin() + static_cast<std::ptrdiff_t>(before), findings.end(),
                       [status](const Finding& finding) { return finding.status == status; });
  };
  if (any(Status::fail)) return Verdict::not_ready;
  return any(Status::unknown) ? Verdict::undetermined : Verdict::ready;
}

/// With a selection, only findings about the host, the selected functions and their groups stay.
void keep_relevant(const Host& host, const std::vector<PciAddress>& selection, std::vector<Finding>& findings) {
  std::set<std::string> subjects = {host_subject};
  for (const auto& address : selection) {
    subjects.insert(device_subject(address));
    const auto* function = host.find(address);
    if (function && function->iommu_group.has_value()) subjects.insert(group_subject(*function->iommu_group));
    if (function)
      for (const auto& companion : companions_of(host, *function)) subjects.insert(device_subject(companion));
  }
  std::erase_if(findings, [&subjects](const Finding& finding) { return !subjects.contains(finding.subject); });
}

GroupReport describe_group(const IommuGroup& group) {
  GroupReport one;
  one.id = group.number;
  one.type = as_optional(group.type);
  for (const auto& member : group.members) one.members.push_back(member.text());
  one.members.insert(one.members.end(), group.other_members.begin(), group.other_members.end());
  return one;
}

std::vector<std::string> describe_limits(const Host& host) {
  std::vector<std::string> notes;
  if (!host.privileged && !host.all_functions().empty())
    notes.push_back("Seen without root. With sudo it also shows what the firmware tables say and why devices share a group.");
  const auto asleep = std::ranges::count_if(host.all_functions(), [](const PciFunction& function) {
    return function.config.header_type.is_unreadable() && function.config.header_type.why().starts_with("asleep");
  });
  if (asleep > 0)
    notes.push_back(std::to_string(asleep) + (asleep == 1 ? " function is" : " functions are") +
                    " asleep and not woken; --wake reads them too.");
  return notes;
}

}  // namespace

std::string time_of_report() {
  std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  // Reproducible output for packagers and tests: https://reproducible-builds.org/specs/source-date-epoch/
  if (const char* fixed = std::getenv("SOURCE_DATE_EPOCH"))
    if (const auto seconds = parse_unsigned(fixed); seconds && *seconds < 1ULL << 40) now = static_cast<std::time_t>(*seconds);
  std::tm parts{};
  char text[32];
  gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

Report build_report(const Source& source, const Host& host, std::vector<Finding> findings,
                    const std::vector<PciAddress>& selection, const std::vector<std::string>& only,
                    std::vector<Acceptance> accepted) {
  Report report;
  report.tool.version = VFIO_DOCTOR_VERSION;
  report.generated_at = time_of_report();
  report.source = {source.kind, source.name};
  report.host = summarize(host);
  report.notes = describe_limits(host);
  bound_findings(findings);
  report.accepted = std::move(accepted);
  auto decisions = decide_devices(host, findings, report.accepted);
  if (!only.empty())
    std::erase_if(findings, [&only](const Finding& finding) { return std::ranges::find(only, finding.id) == only.end(); });
  if (selection.empty()) {
    report.verdict = judge_host(report, decisions, findings);
  } else {
    keep_relevant(host, selection, findings);
    report.verdict = judge_selection(host, decisions, selection, findings);
  }
  for (const auto& address : selection) report.selection.push_back(address.text());
  if (!selection.empty())
    std::erase_if(decisions, [&selection](const DeviceDecision& decision) {
      return std::ranges::find(selection, decision.function->address) == selection.end();
    });
  report.devices = in_parallel(decisions, describe_device);
  report.findings = std::move(findings);
  if (host.iommu.groups.has_value()) report.groups = in_parallel(host.iommu.groups.value(), describe_group);
  bound_report(report);
  return report;
}

int exit_code(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready: return 0;
    case Verdict::not_ready: return 1;
    case Verdict::undetermined: return 3;
  }
  return 3;
}

}  // namespace vfio_doctor
