// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/access/access.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_files = 512, most_settings = 500, most_rules = 100, most_rule_bytes = 300, most_bytes = 64 * 1024,
                      most_value = 2000;

constexpr auto units = std::to_array<const char*>({"libvirtd.service", "virtqemud.service"});
constexpr auto unit_directories =
    std::to_array<const char*>({"/usr/lib/systemd/system", "/lib/systemd/system", "/usr/local/lib/systemd/system",
                                "/run/systemd/system", "/etc/systemd/system"});
/// Those that hide modules, nodes or rights from the daemon (systemd.exec(5), systemd.resource-control(5)).
constexpr auto wanted_settings = std::to_array<std::string_view>(
    {"ProtectKernelModules", "PrivateDevices", "DevicePolicy", "DeviceAllow", "ProtectKernelTunables", "CapabilityBoundingSet",
     "LimitMEMLOCK", "InaccessiblePaths", "User", "SystemCallFilter"});

/// An odd number of backslashes at its end.
bool goes_on(std::string_view line) {
  const auto last = line.find_last_not_of('\\');
  return (line.size() - (last == line.npos ? 0 : last + 1)) % 2 == 1;
}

/// Lines of a unit file as systemd puts them together (config_parse() in src/shared/conf-parser.c): a line that ends with a backslash
/// goes on in the next, with a blank for the backslash, and comments in between do not end it.
void read_unit_file(const Root& root, const std::string& unit, const std::string& file, std::vector<UnitSetting>& settings) {
  const auto text = root.read(file);
  if (!text.has_value()) return;
  unsigned number = 0, first = 0;
  std::string whole, section;
  const auto take_line = [&] {
    const auto line = trim(whole);
    if (line.starts_with('[') && line.ends_with(']')) section = line.substr(1, line.size() - 2);
    const auto equals = line.find('=');
    if (section != "Service" || equals == line.npos) return;
    const auto name = trim(line.substr(0, equals));
    if (std::ranges::find(wanted_settings, name) == wanted_settings.end() || settings.size() == most_settings) return;
    settings.push_back({unit, std::string(name), std::string(trim(line.substr(equals + 1)).substr(0, most_value)),
                        file + ":" + std::to_string(first)});
  };
  for (const auto line : split_lines(text.value())) {
    ++number;
    const auto part = line.substr(std::min(line.find_first_not_of(" \t\r"), line.size()));
    if (part.starts_with('#') || part.starts_with(';')) continue;
    if (whole.empty()) first = number;
    whole += part;
    if (goes_on(part) && whole.size() < most_bytes) {
      whole.back() = ' ';
      continue;
    }
    take_line();
    whole.clear();
  }
  take_line();
}

/// The unit's own file, the one of most weight, and then its drop-ins by name; those for all services are of less weight than their
/// namesakes for this one (systemd.unit(5)).
void read_unit(const Root& root, const std::string& unit, std::vector<UnitSetting>& settings) {
  std::string own;
  std::map<std::string, std::string> drop_ins;
  for (const std::string directory : unit_directories)
    if (root.kind(directory + "/" + unit).is(NodeKind::file)) own = directory + "/" + unit;
  for (const auto& of : {std::string("service"), unit}) {
    if (of != unit && own.empty()) continue;  // there is no such unit
    for (const std::string directory : unit_directories) {
      const auto names = root.list(directory + "/" + of + ".d");
      if (!names.has_value()) continue;
      for (const auto& name : names.value())
        if (name.ends_with(".conf") && drop_ins.size() < most_files) drop_ins[name] = directory + "/" + of + ".d/" + name;
    }
  }
  if (!own.empty()) read_unit_file(root, unit, own, settings);
  for (const auto& [name, file] : drop_ins) read_unit_file(root, unit, file, settings);
}

/// A backslash at its end joins a line to the next one, but no comment (udev(7)).
void read_rules_of(std::string_view text, const std::string& file, std::vector<VfioRule>& rules) {
  std::string rule;
  unsigned number = 0, first = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    auto part = trim(line);
    if (part.starts_with('#')) continue;
    if (rule.empty()) first = number;
    const bool goes_on = part.ends_with('\\');
    if (goes_on) part.remove_suffix(1);
    if (rule.size() < most_rule_bytes) rule += part;
    if (goes_on) continue;
    if (rule.find("\"vfio\"") != rule.npos && rules.size() < most_rules)
      rules.push_back({rule.substr(0, most_rule_bytes), file + ":" + std::to_string(first)});
    rule.clear();
  }
}

/// Rules of this host's own making: those of distributions leave VFIO's nodes alone but for /dev/vfio/vfio.
void read_rules(const Root& root, std::vector<VfioRule>& rules) {
  const std::string directory = "/etc/udev/rules.d";
  const auto names = root.list(directory);
  if (!names.has_value()) return;
  std::size_t files = 0;
  for (const auto& name : names.value()) {
    if (!name.ends_with(".rules") || ++files > most_files) continue;
    const auto text = root.read(directory + "/" + name);
    if (!text.has_value()) continue;
    read_rules_of(text.value(), directory + "/" + name, rules);
  }
}

/// "none [integrity] confidentiality": the one in brackets.
Observed<std::string> read_lockdown(const Root& root) {
  const auto text = root.read_line("/sys/kernel/security/lockdown");
  if (!text.has_value()) return text;
  const auto open = text->find('['), close = text->find(']');
  if (open == std::string::npos || close == std::string::npos || close < open)
    return Observed<std::string>::unreadable(
        "no "
        "choice in brackets");
  return text->substr(open + 1, close - open - 1);
}

Observed<bool> read_sockets(const Root& root) {
  const auto names = root.list("/run/libvirt");
  if (!names.has_value()) return Observed<bool>::like(names);
  return std::ranges::any_of(names.value(),
                             [](const std::string& name) { return name == "libvirt-sock" || name == "virtqemud-sock"; });
}

Observed<bool> is_there(const Root& root, const std::string& path) {
  const auto kind = root.kind(path);
  return kind.is_unreadable() ? Observed<bool>::unreadable(kind.why()) : Observed<bool>(kind.has_value());
}

}  // namespace

const UnitSetting* AccessFacts::last(std::string_view unit, std::string_view name) const {
  const UnitSetting* found = nullptr;
  for (const auto& setting : unit_settings)
    if (setting.unit == unit && setting.name == name) found = &setting;
  return found;
}

AccessFacts gather_access(const Root& root) {
  AccessFacts facts;
  facts.vfio_nodes = root.list("/dev/vfio");
  facts.device_nodes = root.list("/dev/vfio/devices");
  facts.iommu_node = is_there(root, "/dev/iommu");
  for (const std::string unit : units) read_unit(root, unit, facts.unit_settings);
  read_rules(root, facts.udev_rules);
  facts.lockdown = read_lockdown(root);
  facts.libvirt_installed = root.exists("/etc/libvirt/qemu.conf");
  facts.libvirt_listens = read_sockets(root);
  read_node_rights(root, facts);
  facts.kubernetes = root.exists("/var/lib/kubelet") || root.exists("/var/lib/rancher");
  facts.opennebula = root.exists("/var/lib/one");
  facts.proxmox = root.exists("/etc/pve");
  return facts;
}

}  // namespace vfio_doctor
