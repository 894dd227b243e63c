// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"lockdown", "Lockdown and modules from outside", 60, run};

struct Wanted {
  std::string name;
  Evidence evidence;
};

/// Modules from outside the kernel that passthrough is asked to use.
std::vector<Wanted> wanted_modules(const Host& host) {
  static constexpr auto outside = std::to_array<const char*>({"vendor_reset", "nvidia"});
  std::vector<Wanted> wanted;
  for (const auto& list : host.modules.load_at_start)
    for (const auto& word : list.words)
      for (const std::string module : outside)
        if (normalize_module_name(word) == module) wanted.push_back({module, {list.place(), list.text}});
  return wanted;
}

std::vector<Finding> run(const Host& host) {
  const auto& lockdown = host.access.lockdown;
  if (lockdown.is_absent()) return {};
  if (!lockdown.has_value())
    return {check.not_seen("Whether the kernel is locked down could not be seen.",
                           {"/sys/kernel/security/lockdown", lockdown.why()})};
  std::vector<Finding> findings;
  if (*lockdown != "none")
    for (const auto& wanted : wanted_modules(host)) {
      if (host.modules.is_loaded(wanted.name)) continue;
      auto finding = check.finding(Status::warn, host_subject,
                                   wanted.name +
                                       " is to be loaded at each start, and is not "
                                       "there: the kernel is locked down (Secure Boot) and loads signed modules only.");
      finding.evidence = {{"/sys/kernel/security/lockdown", *lockdown}, wanted.evidence};
      finding.remedy = {
          {"Sign the module with a key of your own and enrol that (DKMS does so on Debian, Ubuntu and Fedora), "
           "or switch Secure Boot off in the firmware's settings.",
           {"mokutil --sb-state", "sudo mokutil --import /var/lib/dkms/mok.pub"},
           {},
           {}}};
      findings.push_back(std::move(finding));
    }
  if (findings.empty()) {
    findings.push_back(check.finding(Status::pass, host_subject,
                                     *lockdown == "none"
                                         ? "The kernel is not locked down."
                                         : "The kernel is locked down (" + *lockdown + "): VFIO itself works so."));
    findings.back().evidence = {{"/sys/kernel/security/lockdown", *lockdown}};
  }
  return findings;
}

}  // namespace

Check lockdown_check() { return check; }

}  // namespace vfio_doctor
