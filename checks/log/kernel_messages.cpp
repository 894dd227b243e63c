// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>
#include <map>
#include <set>

#include "checks/check.hpp"
#include "checks/signatures/triage.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"kernel-messages", "What the kernel has written about devices", 10, run};

/// Said by another check, or an everyday thing: not repeated here.
bool is_told_elsewhere(std::string_view id) {
  static const std::set<std::string_view> others =
      {"mac-denied",           "memlock-exceeded", "sriov-no-mmio",      "sriov-no-bus",    "no-interrupt-remapping",
       "acs-override-ignored", "wrong-parameter",  "iommu-off-argument", "amd-on-argument", "kvm-off",
       "dmar-broken",          "dmar-parse",       "guest-fault",        "waits-flr",       "waits-resume",
       "waits-bus-reset",      "device-request"};
  return others.contains(id);
}

/// Graphics firmware that stops to answer is a matter of guests only where guests share it: i915 writes the same after a plain
/// hang of its own host, and when that is put to sleep.
bool is_of_its_own_host(std::string_view id, const PciFunction& function) {
  const auto* parts = function.virtual_functions.get();
  return id == "guc-timeout" && (!parts || *parts == 0);
}

struct Trouble {
  std::string_view meaning;
  std::vector<std::size_t> messages;
  std::size_t last = 0;
};

/// Where the log says that what failed went well later.
std::map<PciAddress, std::size_t> recoveries(const std::vector<LogMatch>& matches) {
  std::map<PciAddress, std::size_t> last;
  for (const auto& match : matches)
    if (match.address && match.signature->kind == Signature::Kind::success) last[*match.address] = match.message;
  return last;
}

Finding told(const PciAddress& address, const std::vector<Trouble>& troubles, const std::vector<std::string>& log) {
  std::string summary = "Since the host started, the kernel has written of trouble with it: ";
  auto finding = check.finding(Status::warn, device_subject(address), "");
  for (std::size_t i = 0; i < troubles.size() && i < 3; ++i) {
    std::string meaning(troubles[i].meaning);
    while (meaning.ends_with('.')) meaning.pop_back();
    summary += (i == 0 ? "" : "; ") + meaning +
               (troubles[i].messages.size() > 1 ? " (" + std::to_string(troubles[i].messages.size()) + " times)" : "");
    finding.evidence.push_back({"kernel log", log[troubles[i].messages.front()]});
  }
  finding.summary = summary + ". That it is so now is not proven by a line of the past.";
  finding.remedy = {
      remedy_for(address, {"This explains the lines.", {"sudo dmesg | grep {device} | vfio-doctor triage -"}, {}, {}})};
  return finding;
}

/// The kernel itself stumbled in VFIO's code, which names no device.
void add_crash(const std::vector<LogMatch>& matches, const std::vector<std::string>& log, std::vector<Finding>& findings) {
  const auto crash = std::ranges::find_if(matches, [](const LogMatch& match) { return match.signature->id == "vfio-crash"; });
  if (crash == matches.end()) return;
  auto finding =
      check.finding(Status::warn, host_subject,
                    "Since the host started, the kernel has crashed in VFIO's own code: a defect of this kernel. What "
                    "uses VFIO may hang from then on, also when the host is shut down.");
  finding.evidence = {{"kernel log", log[crash->message]}};
  finding.remedy = {
      {"Restart the host. Start another kernel, older or newer, and report this one with the lines from \"BUG:\" or "
       "\"Oops:\" on.",
       {"uname -r", "sudo dmesg | grep -A 30 -e BUG: -e Oops:"},
       {},
       {}}};
  findings.push_back(std::move(finding));
}

std::vector<Finding> run(const Host& host) {
  const auto* log = host.kernel.device_log.get();
  if (!log)
    return {check.not_seen("What the kernel has written about devices could not be read.",
                           {"kernel log", host.kernel.device_log.why()})};
  const auto matches = match_kernel_log(*log);
  const auto recovered = recoveries(matches);
  std::map<PciAddress, std::map<std::string_view, Trouble>> by_device;
  for (const auto& match : matches) {
    if (!match.address || match.signature->kind != Signature::Kind::error || is_told_elsewhere(match.signature->id)) continue;
    const auto* function = host.find(*match.address);
    if (!function || is_of_its_own_host(match.signature->id, *function)) continue;
    if (const auto later = recovered.find(*match.address); later != recovered.end() && later->second > match.message) continue;
    auto& trouble = by_device[*match.address][match.signature->id];
    trouble.meaning = match.signature->meaning;
    trouble.messages.push_back(match.message);
  }
  std::vector<Finding> findings;
  for (const auto& [address, by_id] : by_device) {
    std::vector<Trouble> troubles;
    for (const auto& [id, trouble] : by_id) troubles.push_back(trouble);
    findings.push_back(told(address, troubles, *log));
  }
  add_crash(matches, *log, findings);
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "The kernel has written of no trouble "
                                     "with a device that passthrough knows of."));
  return findings;
}

}  // namespace

Check kernel_messages_check() { return check; }

}  // namespace vfio_doctor
