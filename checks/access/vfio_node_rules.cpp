// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-node-rules", "Who may open VFIO's nodes", 50, run};

/// A mode whose last digit gives everybody the right to write.
bool is_for_everybody(const std::string& rule) {
  const auto at = rule.find("MODE=\"");
  if (at == rule.npos) return false;
  const auto end = rule.find('"', at + 6);
  if (end == rule.npos || end < at + 7) return false;
  const char last = rule[end - 1];
  return last == '2' || last == '3' || last == '6' || last == '7';
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& rule : host.access.udev_rules) {
    if (!is_for_everybody(rule.text) || rule.text.find("KERNEL==\"vfio\"") != rule.text.npos) continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "A rule of udev lets everybody on this host open every device "
                                 "that VFIO holds.");
    finding.evidence = {{rule.place, rule.text}};
    finding.remedy = {{"Give a group the right instead: GROUP=\"kvm\", MODE=\"0660\". libvirt needs no rule at all.",
                       {"sudo udevadm control --reload"},
                       {},
                       "Programs of users who are not in the group cannot open devices any more."}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && !host.access.udev_rules.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "No rule of udev opens VFIO's nodes to everybody."));
  return findings;
}

}  // namespace

Check vfio_node_rules_check() { return check; }

}  // namespace vfio_doctor
