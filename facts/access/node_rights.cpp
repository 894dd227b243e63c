// SPDX-License-Identifier: GPL-2.0-or-later
// Modes and owners of the nodes that guests need, and the account that opens them. Numbers alone are kept, and no name service is asked.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "facts/access/access.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_nodes = 512, most_groups = 256, most_bytes = 4 << 20;

std::optional<unsigned> small_number(std::string_view text) {
  const auto number = parse_unsigned(text);
  return number && *number <= 0xffffffff ? std::optional(static_cast<unsigned>(*number)) : std::nullopt;
}

std::optional<unsigned> mode_of(std::string_view text) {
  if (text.size() != 4 || text.find_first_not_of("01234567") != text.npos) return std::nullopt;
  unsigned mode = 0;
  for (const char c : text) mode = mode * 8 + static_cast<unsigned>(c - '0');
  return mode;
}

std::vector<std::string> nodes_of(const Root& root, const AccessFacts& facts) {
  std::vector<std::string> paths;
  if (root.exists("/dev/kvm")) paths.emplace_back("/dev/kvm");
  if (facts.iommu_node.is(true)) paths.emplace_back("/dev/iommu");
  const auto add = [&paths](const Observed<std::vector<std::string>>& names, const std::string& directory) {
    if (!names.has_value()) return;
    for (const auto& name : names.value())
      if (name != "devices" && paths.size() < most_nodes) paths.push_back(directory + name);
  };
  add(facts.vfio_nodes, "/dev/vfio/");
  add(facts.device_nodes, "/dev/vfio/devices/");
  return paths;
}

/// Lines of recorded_nodes(); others are passed over. What was not recorded was not seen.
void read_recorded(std::string_view text, const Root& root, AccessFacts& facts) {
  for (const auto& path : nodes_of(root, facts))
    facts.nodes.push_back({path, Observed<NodeRights>::unreadable("not recorded")});
  for (const auto line : split_lines(text)) {
    const auto words = split_words(line);
    if (words.size() != 4) continue;
    if (words[0] == "guests") {
      GuestAccount account;
      const auto user = small_number(words[1]);
      for (const auto group : split(words[2], ','))
        if (const auto number = small_number(group); number && account.groups.size() < most_groups)
          account.groups.push_back(*number);
      if (user) facts.guest_account = GuestAccount{*user, account.groups, words[3] != "0"};
      continue;
    }
    const auto mode = mode_of(words[0]), owner = small_number(words[1]), group = small_number(words[2]);
    const auto node = std::ranges::find(facts.nodes, words[3], &DeviceNode::path);
    if (mode && owner && group && node != facts.nodes.end()) node->rights = NodeRights{*mode, *owner, *group};
  }
}

/// NAME = "VALUE" in qemu.conf; nothing where it is not set.
std::optional<std::string> setting(std::string_view text, std::string_view name) {
  std::optional<std::string> value;
  for (const auto line : split_lines(text)) {
    const auto equals = line.find('=');
    if (equals == line.npos || trim(line.substr(0, equals)) != name) continue;
    std::string_view given = trim(line.substr(equals + 1));
    if (given.size() >= 2 && given.front() == '"')
      given = given.substr(1, given.find('"', 1) - 1);
    else
      given = trim(given.substr(0, given.find('#')));
    value = std::string(given);
  }
  return value;
}

/// The fields of the line of passwd(5) or group(5) whose first field is `name`.
std::vector<std::string> line_of(std::string_view text, std::string_view name) {
  for (const auto line : split_lines(text))
    if (line.starts_with(name) && line.substr(name.size()).starts_with(':')) {
      std::vector<std::string> fields;
      for (const auto field : split(line, ':')) fields.emplace_back(field);
      return fields;
    }
  return {};
}

/// Without a word in qemu.conf it is what the package was built with (-Dqemu_user): libvirt-qemu in Debian and its kin, qemu in Fedora,
/// RHEL and SUSE. Arch runs them as nobody or libvirt-qemu, so there it is not known.
Observed<GuestAccount> read_account(const Root& root) {
  using Account = Observed<GuestAccount>;
  const auto config = root.read("/etc/libvirt/qemu.conf");
  if (!config.has_value()) return Account::like(config);
  const auto users = root.read("/etc/passwd", most_bytes), groups = root.read("/etc/group", most_bytes);
  if (!users.has_value() || !groups.has_value())
    return Account::unreadable(users.has_value() ? "/etc/group: " + groups.why() : "/etc/passwd: " + users.why());
  std::string user = setting(*config, "user").value_or("");
  if (user.starts_with('+')) user.erase(0, 1);
  std::vector<std::string> line;
  if (!user.empty()) {
    line = line_of(*users, user);
    if (line.empty() && small_number(user)) line = {"", "", user, "0"};
  } else {
    const auto debian = line_of(*users, "libvirt-qemu"), fedora = line_of(*users, "qemu");
    if (debian.empty() != fedora.empty()) line = debian.empty() ? fedora : debian;
  }
  const auto number = line.size() > 3 ? small_number(line[2]) : std::nullopt;
  if (!number) return Account::unreadable("the account that libvirt runs guests with is not known");
  GuestAccount account{*number, {}, setting(*config, "dynamic_ownership").value_or("1") != "0"};
  if (const auto own = setting(*config, "group"); own && !own->empty()) {
    const auto of_group = line_of(*groups, *own);
    const auto own_number =
        of_group.size() > 2 ? small_number(of_group[2]) : small_number(own->starts_with('+') ? own->substr(1) : *own);
    if (own_number) account.groups.push_back(*own_number);
  } else if (const auto first = small_number(line[3])) {
    account.groups.push_back(*first);
  }
  // initgroups(3): those that name the account among their members.
  for (const auto group : split_lines(*groups)) {
    const auto fields = split(group, ':');
    if (fields.size() < 4 || line[0].empty()) continue;
    const auto members = split(fields[3], ',');
    const auto own_number = small_number(fields[2]);
    if (own_number && std::ranges::find(members, line[0]) != members.end() && account.groups.size() < most_groups)
      account.groups.push_back(*own_number);
  }
  return account;
}

}  // namespace

void read_node_rights(const Root& root, AccessFacts& facts) {
  if (const auto recorded = root.is_live() ? Observed<std::string>::absent() : root.read(recorded_nodes_path);
      !recorded.is_absent()) {
    facts.guest_account = Observed<GuestAccount>::unreadable("not recorded");
    return read_recorded(recorded.has_value() ? std::string_view(*recorded) : std::string_view(), root, facts);
  }
  const auto& machine = root.beneath();  // whose lines say more than numbers, and so are not recorded
  for (const auto& path : nodes_of(root, facts))
    if (auto rights = machine.rights(path); !rights.is_absent()) facts.nodes.push_back({path, std::move(rights)});
  facts.guest_account = read_account(machine);
}

std::string recorded_nodes(const AccessFacts& facts) {
  std::string text;
  for (const auto& node : facts.nodes)
    if (const auto* rights = node.rights.get())
      text += octal_text(rights->mode, 4) + " " + std::to_string(rights->owner) + " " + std::to_string(rights->group) + " " +
              node.path + "\n";
  if (const auto* account = facts.guest_account.get()) {
    std::vector<std::string> groups;
    for (const auto group : account->groups) groups.push_back(std::to_string(group));
    text += "guests " + std::to_string(account->user) + " " + (groups.empty() ? "-" : join(groups, ",")) + " " +
            (account->changes_owners ? "1" : "0") + "\n";
  }
  return text;
}

}  // namespace vfio_doctor
