// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guard/guard_policy.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_exceptions = 4096, most_reasons = 8;

/// False where the line is not understood.
bool read_line(const std::vector<std::string_view>& words, GuardPolicy& policy) {
  const auto is = [&words](std::string_view key, std::string_view value) {
    return words.size() == 2 && words[0] == key && words[1] == value;
  };
  if (words[0] == "allow" && words.size() == 3 && policy.allowed.size() < most_exceptions) {
    const auto address = PciAddress::parse(words[2]);
    if (!address && words[2] != "*") return false;
    policy.allowed.push_back({std::string(words[1]), address ? address->text() : "*"});
    return true;
  }
  if (words[0] == "refuse" && words.size() >= 2) {
    const auto has = [&words](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
    const bool known = std::all_of(words.begin() + 1, words.end(), [](std::string_view word) {
      return word == "protected" || word == "group" || word == "nothing";
    });
    if (!known) return false;
    policy.protected_devices = has("protected");
    policy.groups = has("group");
    return true;
  }
  if (is("on-error", "allow") || is("on-error", "refuse")) {
    policy.refuse_on_error = words[1] == "refuse";
    return true;
  }
  if (is("on-unknown", "allow") || is("on-unknown", "refuse")) {
    policy.refuse_on_unknown = words[1] == "refuse";
    return true;
  }
  if (words[0] == "deadline" && words.size() == 2) {
    const auto value = parse_unsigned(words[1]);
    if (!value || *value < 100 || *value > 10000) return false;
    policy.deadline_milliseconds = static_cast<unsigned>(*value);
    return true;
  }
  return false;
}

bool counts(const Finding& finding, const GuardPolicy& policy) {
  if (finding.effect != Effect::protects) return false;
  if (finding.status == Status::fail || finding.status == Status::warn) return true;
  return policy.refuse_on_unknown && (finding.status == Status::unknown || finding.status == Status::error);
}

std::vector<Finding> protections(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& check : all_checks())
    if (check.group == "protection") std::ranges::move(run_check(check, host), std::back_inserter(findings));
  return findings;
}

/// The functions that the domain takes and for which there is no exception, under the subjects of findings about them. Proxmox VE
/// binds the whole group to vfio-pci at the start, bridges apart (pve-common, SysFSTools.pm, pci_dev_group_bind_to_vfio).
std::set<std::string> guarded(const Host& host, const Domain& domain, const GuardPolicy& policy) {
  std::set<std::string> subjects;
  const auto add = [&](const PciAddress& address) {
    if (!policy.allows(domain.name, address)) subjects.insert(device_subject(address));
  };
  for (const auto& device : domain.hostdevs) {
    if (device.origin == DomainHostdev::Origin::network) continue;
    add(device.source);
    const auto* function = host.find(device.source);
    if (domain.form == Domain::Form::proxmox && device.managed && function)
      for (const auto& companion : companions_of(host, *function)) add(companion);
  }
  return subjects;
}

}  // namespace

bool GuardPolicy::allows(const std::string& domain, const PciAddress& address) const {
  return std::ranges::any_of(allowed, [&](const Exception& one) {
    return (one.domain == domain || one.domain == "*") && (one.address == "*" || one.address == address.text());
  });
}

GuardPolicy parse_guard_policy(const std::string& text) {
  GuardPolicy policy;
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    const auto words = split_words(line.substr(0, line.find('#')));
    if (!words.empty() && !read_line(words, policy) && policy.complaints.size() < most_reasons)
      policy.complaints.push_back(std::string(guard_policy_file) + ":" + std::to_string(number) +
                                  ": not understood, and left out");
  }
  return policy;
}

GuardPolicy read_guard_policy(const Root& root) {
  const auto text = root.read(guard_policy_file);
  if (text.has_value()) return parse_guard_policy(*text);
  GuardPolicy policy;
  if (text.is_unreadable()) policy.complaints.push_back(std::string(guard_policy_file) + ": " + text.why());
  return policy;
}

std::vector<std::string> reasons_to_refuse(const Host& host, const Domain& domain, const DomainSurroundings& around,
                                           const GuardPolicy& policy) {
  std::vector<std::string> reasons;
  const auto subjects = guarded(host, domain, policy);
  if (subjects.empty()) return reasons;
  if (policy.protected_devices)
    for (const auto& finding : protections(host))
      if (counts(finding, policy) && subjects.contains(finding.subject))
        reasons.push_back(finding.subject + ": " + finding.summary);
  if (policy.groups && domain.form != Domain::Form::proxmox) {
    auto judged = domain;
    for (auto& device : judged.hostdevs)  // still taken, but not judged
      if (policy.allows(domain.name, device.source)) device.origin = DomainHostdev::Origin::network;
    for (const auto& check : all_domain_checks())
      if (check.id == "domain-groups")
        for (const auto& finding : run_domain_check(check, {host, judged, around}))
          if (finding.status == Status::fail) reasons.push_back(finding.summary);
  }
  if (reasons.size() > most_reasons) reasons.resize(most_reasons);
  return reasons;
}

}  // namespace vfio_doctor
