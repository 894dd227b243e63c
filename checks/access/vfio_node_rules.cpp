// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-node-rules", "Who may open VFIO's nodes", 50, run};

/// A mode whose last digit gives everybody the right to write.
bool is_for_everybody(const std::string& rule) {
  const auto key = rule.find("MODE");
  const auto at = rule.find('"', key);
  if (key == rule.npos || at == rule.npos) return false;
  auto sign = trim(std::string_view(rule).substr(key + 4, at - key - 4));  // "=", or ":=" for good
  const auto end = rule.find('"', at + 1);
  if ((sign != "=" && sign != ":=") || end == rule.npos || end == at + 1) return false;
  const char last = rule[end - 1];
  return last == '2' || last == '3' || last == '6' || last == '7';
}

std::string shown(const NodeRights& rights) {
  return "mode " + octal_text(rights.mode, 4) + ", user " + std::to_string(rights.owner) + ", group " +
         std::to_string(rights.group);
}

/// A node of a device or a group, not of VFIO as a whole.
bool is_device(const std::string& path) { return path.starts_with("/dev/vfio/") && path != "/dev/vfio/vfio"; }

/// The first that fits decides: owner, group, others (path_resolution(7)). Lists of further rights (acl(5)) are not seen.
bool may_open(const NodeRights& rights, const GuestAccount& account) {
  constexpr unsigned read_and_write = 6;
  if (account.user == 0) return true;
  unsigned bits = rights.mode;
  if (rights.owner == account.user)
    bits = rights.mode >> 6;
  else if (std::ranges::find(account.groups, rights.group) != account.groups.end())
    bits = rights.mode >> 3;
  return (bits & read_and_write) == read_and_write;
}

Finding open_to_everybody(const DeviceNode& node) {
  auto finding =
      check.finding(Status::warn, host_subject, "Everybody on this host may open " + node.path + " and has its devices.");
  finding.evidence = {{node.path, shown(*node.rights)}};
  finding.remedy = {{"Take the right away; a rule of udev or a program of this host gave it. libvirt needs none.",
                     {"sudo chmod 0660 " + node.path},
                     {},
                     "Programs of users who have it by that right alone cannot open it any more."}};
  return finding;
}

Finding closed_to_guests(const DeviceNode& node, const GuestAccount& account) {
  auto finding = check.finding(Status::warn, host_subject,
                               "The account that libvirt runs guests with may not open " + node.path +
                                   ": a guest that needs it does "
                                   "not start, unless a list of further rights lets it.");
  finding.evidence = {{node.path, shown(*node.rights)},
                      {"/etc/libvirt/qemu.conf",
                       "user " + std::to_string(account.user) + (account.changes_owners ? "" : ", dynamic_ownership = 0")}};
  finding.remedy = {{"Look who else may open it, and which rule gave it these rights.",
                     {"getfacl " + node.path, "grep -r vfio /etc/udev/rules.d"},
                     {},
                     {}}};
  return finding;
}

/// What libvirt does not hand to its guests by itself: /dev/kvm and /dev/vfio/vfio, and where it changes no owners the devices, too
/// (src/security/security_dac.c, virSecurityDACSetHostdevLabel).
bool must_be_open(const DeviceNode& node, const GuestAccount& account) {
  return node.path == "/dev/kvm" || node.path == "/dev/vfio/vfio" || (is_device(node.path) && !account.changes_owners);
}

void judge_nodes(const Host& host, std::vector<Finding>& findings) {
  bool any = false, unseen = false;
  const auto* account = host.access.guest_account.get();
  const bool rules_say_it = !findings.empty();
  for (const auto& node : host.access.nodes) {
    const auto* rights = node.rights.get();
    if (rights && is_device(node.path) && (rights->mode & 2) != 0 && !rules_say_it) findings.push_back(open_to_everybody(node));
    if (!account || !must_be_open(node, *account)) continue;
    any = true;
    unseen |= !rights;
    if (rights && !may_open(*rights, *account)) findings.push_back(closed_to_guests(node, *account));
  }
  if (!findings.empty() || !any) return;
  if (unseen)
    findings.push_back(
        check.not_seen("Who may open the nodes that libvirt's guests need was not seen.", {"/dev/vfio", "not told"}));
  else
    findings.push_back(
        check.finding(Status::pass, host_subject, "The account of libvirt's guests may open the nodes that they need."));
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
  judge_nodes(host, findings);
  if (findings.empty() && !host.access.udev_rules.empty())
    findings.push_back(check.finding(Status::pass, host_subject, "No rule of udev opens VFIO's nodes to everybody."));
  return findings;
}

}  // namespace

Check vfio_node_rules_check() { return check; }

}  // namespace vfio_doctor
