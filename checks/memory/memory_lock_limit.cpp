// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"memory-lock-limit", "How much memory a user may lock", 30, run};

/// The kernel refused a page: "vfio_pin_pages_remote: RLIMIT_MEMLOCK (8388608) exceeded" (drivers/vfio/vfio_iommu_type1.c).
const std::string* refused(const Host& host) {
  const auto* log = host.kernel.device_log.get();
  if (!log) return nullptr;
  const auto found = std::ranges::find_if(*log,
      [](const std::string& line) { return line.find("RLIMIT_MEMLOCK") != line.npos; });
  return found == log->end() ? nullptr : &*found;
}

/// A rule that hands VFIO's nodes to somebody: those who are not root live within their limit.
const VfioRule* rule_for_users(const Host& host) {
  for (const auto& rule : host.access.udev_rules)
    for (const auto* word : {"OWNER=", "GROUP=", "MODE=\"0666\"", "uaccess"})
      if (rule.text.find(word) != rule.text.npos) return &rule;
  return nullptr;
}

bool is_enough(const std::string& value) {
  const auto kib = parse_unsigned(value);
  return value == "unlimited" || value == "infinity" || value == "-1" || (kib && *kib >= 1 << 20);
}

Remedy more_for(const std::string& who) {
  return {"Allow it to lock the guest's memory and a little more, and log in anew. With a virtual IOMMU in the guest each "
      "device counts "
          "its memory again.",
          {"echo '" + who + " - memlock unlimited' | sudo tee /etc/security/limits.d/90-vfio.conf"},
          {"sudo rm /etc/security/limits.d/90-vfio.conf"},
          "Whoever may lock all memory can bring the host to its knees."};
}

std::vector<Finding> run(const Host& host) {
  if (const auto* line = refused(host)) {
    auto finding = check.finding(Status::warn, host_subject, "Since the host started, a guest was refused memory for its "
        "device: whoever "
                                                             "started it may not lock as much as the guest has.");
    finding.evidence = {{"kernel log", *line}};
    finding.remedy = {more_for("USER")};
    return {finding};
  }
  const auto* rule = rule_for_users(host);
  if (!rule) {
    if (!host.kernel.device_log.has_value())
      return {check.not_seen("Whether a guest was refused memory could not be seen.", {"kernel log",
          host.kernel.device_log.why()})};
    return {check.finding(Status::pass, host_subject, "No guest was refused memory to lock, and only root's programs open "
        "devices.")};
  }
  for (const auto& line : host.memory.lock_limits) {
    if (!is_enough(line.value)) continue;
    auto finding = check.finding(Status::pass, host_subject, "Users who may open devices may lock memory, too.");
    finding.evidence = {{rule->place, rule->text}, {line.file, line.who + " memlock " + line.value}};
    return {finding};
  }
  auto finding = check.finding(Status::warn, host_subject, "Users may open devices, but no file lets them lock a guest's "
      "memory: the usual "
                                                           "limit of 8 MiB is too little for any guest.");
  finding.evidence = {{rule->place, rule->text}};
  for (const auto& line : host.memory.lock_limits) finding.evidence.push_back({line.file, line.who + " memlock " + line.value});
  if (host.memory.lock_limits.empty()) finding.evidence.push_back({"/etc/security/limits.d", "no line about memlock"});
  finding.remedy = {more_for("@kvm")};
  return {finding};
}

}  // namespace

Check memory_lock_limit_check() { return check; }

}  // namespace vfio_doctor
