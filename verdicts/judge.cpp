// SPDX-License-Identifier: GPL-2.0-or-later
#include "verdicts/judge.hpp"

#include <algorithm>
#include <set>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "checks/advice/binding_remedy.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

Finding verdict_finding(Status status, std::string subject, Sentence summary) {
  Finding finding;
  finding.id = verdict_finding_id;
  finding.title = "Verdict";
  finding.status = status;
  finding.subject = std::move(subject);
  finding.say(std::move(summary));
  return finding;
}

bool can_be_given(DeviceVerdict verdict) {
  return verdict == DeviceVerdict::assignable || verdict == DeviceVerdict::with_companions;
}

/// The host is ready when nothing about it fails and at least one device can be given.
Verdict judge_host(const std::vector<Acceptance>& accepted, const std::vector<DeviceDecision>& decisions,
                   std::vector<Finding>& findings) {
  const auto any_about_host = [&findings](auto condition) {
    return std::ranges::any_of(findings,
                               [&](const Finding& finding) { return finding.subject == host_subject && condition(finding); });
  };
  if (any_about_host([&accepted](const Finding& finding) {
        return finding.status == Status::fail && !find_acceptance(accepted, finding);
      }))
    return Verdict::not_ready;
  if (any_about_host([](const Finding& finding) {
        return (finding.status == Status::unknown || finding.status == Status::error) && finding.effect == Effect::blocked;
      }))
    return Verdict::undetermined;
  const auto is = [&decisions](auto condition) {
    return std::ranges::any_of(decisions, [&](const DeviceDecision& one) { return condition(one.verdict); });
  };
  // What a guest has now was given: the host can do it.
  const bool given_now = std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.id == "vfio-busy" && finding.effect == Effect::blocked;
  });
  if (is(can_be_given) || given_now) return Verdict::ready;
  if (decisions.empty() || is([](DeviceVerdict verdict) { return verdict == DeviceVerdict::undetermined; }))
    return Verdict::undetermined;
  auto finding = verdict_finding(Status::fail, host_subject,
                                 "The IOMMU works, but no device here can be given to a guest: "
                                 "each is blocked, needed by the host, or not a thing one assigns.");
  finding.evidence = {{"device verdicts", std::to_string(decisions.size()) + " functions, none assignable"}};
  findings.push_back(finding);
  return Verdict::not_ready;
}

/// Give it too, where it is a thing one gives; else only take its driver away.
std::vector<Remedy> free_companion(const std::string& address, const PciAddress& companion, bool can_go_too) {
  std::vector<Remedy> remedies;
  if (can_go_too)
    remedies.push_back({"Give both to the same guest. This asks about both.",
                        {"vfio-doctor --device " + address + " --device " + companion.text()},
                        {},
                        {}});
  remedies.push_back(take_driver_away(companion));
  remedies.back().text = can_go_too ? "Or take the driver away until the guest is off."
                                    : "Take the driver away until the guest is off. Never "
                                      "give this one to a guest: the host's chipset needs it.";
  return remedies;
}

/// A companion that is not selected must at least be free of host drivers.
Finding judge_companion(const Host& host, const std::string& address, const PciAddress& companion, bool can_go_too) {
  const auto* function = host.find(companion);
  const auto driver = function ? function->driver : Observed<std::string>::unreadable("no such function to be seen");
  const auto name = "Its companion " + named(companion);
  const auto self = named(address, address);
  auto finding = verdict_finding(Status::warn, address,
                                 name + " has no host driver now; it must stay that way while a guest has " + self + ".");
  finding.evidence = {{"/sys/bus/pci/devices/" + companion.text() + "/driver", driver.has_value()   ? *driver
                                                                               : driver.is_absent() ? "none"
                                                                                                    : driver.why()}};
  if (driver.is_unreadable()) {
    finding.status = Status::unknown;
    finding.say("Whether a host driver holds its companion " + named(companion) + " could not be seen.");
  } else if (function && leaves_dma_to_user(*function)) {
    finding.say(name + " is held by " + *driver + " now, which is no hindrance; no host driver may take it while a guest has " +
                self + ".");
  } else if (driver.has_value()) {
    finding.status = Status::fail;
    finding.say(
        name + " is held by the host driver " + *driver +
        (can_go_too ? ": give it to the same guest, or take the driver away first." : ": that driver must let go first."));
    finding.remedy = free_companion(address, companion, can_go_too);
  }
  return finding;
}

bool is_unsuitable(const std::vector<DeviceDecision>& decisions, const PciAddress& address) {
  return std::ranges::any_of(decisions, [&](const DeviceDecision& one) {
    return one.function->address == address && (one.verdict == DeviceVerdict::unsuitable || chipset_part(*one.function));
  });
}

void judge_companions(const Host& host, const std::vector<DeviceDecision>& decisions, const DeviceDecision& decision,
                      const std::vector<PciAddress>& selection, std::vector<Finding>& findings) {
  for (const auto& companion : companions_of(host, *decision.function))
    if (std::ranges::find(selection, companion) == selection.end())
      findings.push_back(
          judge_companion(host, decision.function->address.text(), companion, !is_unsuitable(decisions, companion)));
}

/// A part of the chipset that a domain takes from its driver and gives to nobody: what shares its group needs that, and VFIO takes it.
Finding judge_freed(const DeviceDecision& decision, const std::string& what) {
  auto finding =
      verdict_finding(Status::warn, decision.function->address.text(),
                      "It goes to nobody (<address type='unassigned'/>); the host does without it while the guest runs. " +
                          what + ".");
  finding.evidence = {{decision.function->sysfs_path + "/class", decision.function->class_name}};
  return finding;
}

Verdict judge_selection(const Host& host, const std::vector<DeviceDecision>& decisions,
                        const std::vector<PciAddress>& selection, const std::string& domain,
                        const std::vector<PciAddress>& freed, std::vector<Finding>& findings) {
  const auto before = findings.size();
  for (const auto& decision : decisions) {
    if (std::ranges::find(selection, decision.function->address) == selection.end()) continue;
    const bool is_freed = std::ranges::find(freed, decision.function->address) != freed.end();
    const auto part =
        is_freed && decision.verdict == DeviceVerdict::unsuitable ? chipset_part(*decision.function) : std::nullopt;
    if (part) {
      findings.push_back(judge_freed(decision, *part));
    } else if (decision.verdict == DeviceVerdict::undetermined) {
      judge_companions(host, decisions, decision, selection, findings);  // what is certain is not hidden by what is not known
      auto finding = verdict_finding(Status::unknown, decision.function->address.text(),
                                     "Whether it can be given to a guest could not be determined.");
      for (const auto& reason : decision.reasons) finding.evidence.push_back({"reason", reason.text});
      findings.push_back(finding);
    } else if (!can_be_given(decision.verdict)) {
      auto finding = verdict_finding(Status::fail, decision.function->address.text(),
                                     "It is " + std::string(to_text(decision.verdict)) + "." +
                                         (decision.reasons.empty() ? Sentence() : " " + decision.reasons.front()));
      for (const auto& reason : decision.reasons) finding.evidence.push_back({"reason", reason.text});
      findings.push_back(finding);
    } else {
      judge_companions(host, decisions, decision, selection, findings);
    }
  }
  const auto any = [&](Status status) {
    return std::any_of(findings.begin() + static_cast<std::ptrdiff_t>(before), findings.end(),
                       [status](const Finding& finding) { return finding.status == status; });
  };
  const auto any_of_domain = [&](Status status, bool decisive) {
    return std::ranges::any_of(findings, [&](const Finding& finding) {
      return !domain.empty() && finding.subject == domain && finding.status == status &&
             (decisive || finding.effect == Effect::blocked);
    });
  };
  if (any(Status::fail) || any_of_domain(Status::fail, true)) return Verdict::not_ready;
  if (any_of_domain(Status::unknown, false) || any_of_domain(Status::error, false)) return Verdict::undetermined;
  return any(Status::unknown) ? Verdict::undetermined : Verdict::ready;
}

/// With a selection or a domain, only findings about the host, the selected functions and their groups stay.
void keep_relevant(const Host& host, const std::vector<PciAddress>& selection, const std::string& domain,
                   std::vector<Finding>& findings) {
  std::set<std::string> subjects;
  if (!domain.empty()) subjects.insert(domain);
  if (!selection.empty()) subjects.insert(host_subject);  // whether the host can assign matters to who assigns something
  for (const auto& address : selection) {
    subjects.insert(device_subject(address));
    const auto* function = host.find(address);
    if (function && function->iommu_group.has_value()) subjects.insert(group_subject(*function->iommu_group));
    if (function)
      for (const auto& companion : companions_of(host, *function)) subjects.insert(device_subject(companion));
  }
  std::erase_if(findings, [&](const Finding& finding) {
    const bool failed_itself = finding.status == Status::error && finding.subject == host_subject;
    return !subjects.contains(finding.subject) && !failed_itself;
  });
}

}  // namespace

Judgement judge(const Host& host, std::vector<Finding> findings, const std::vector<PciAddress>& selection,
                const std::vector<std::string>& only, const std::vector<Acceptance>& accepted, const std::string& domain,
                const std::vector<PciAddress>& freed) {
  Judgement judgement;
  judgement.decisions = decide_devices(host, findings, accepted);
  if (!only.empty())
    std::erase_if(findings, [&only](const Finding& finding) { return std::ranges::find(only, finding.id) == only.end(); });
  if (selection.empty() && domain.empty()) {
    judgement.verdict = judge_host(accepted, judgement.decisions, findings);
  } else {
    keep_relevant(host, selection, domain, findings);
    judgement.verdict = judge_selection(host, judgement.decisions, selection, domain, freed, findings);
    std::erase_if(judgement.decisions, [&selection](const DeviceDecision& decision) {
      return std::ranges::find(selection, decision.function->address) == selection.end();
    });
  }
  judgement.findings = std::move(findings);
  judgement.next_boot = predict_next_boot(host, judgement.verdict);
  return judgement;
}

}  // namespace vfio_doctor
