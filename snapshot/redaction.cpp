// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/redaction.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/pci/pci_names.hpp"
#include "facts/storage/mounts.hpp"
#include "snapshot/binary_redaction.hpp"
#include "snapshot/table_redaction.hpp"
#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

/// Names that say nothing about anybody, and words that machines are full of.
constexpr auto ordinary_names = std::to_array<std::string_view>(
    {"localhost", "localdomain", "local",  "host",   "linux",  "debian",     "ubuntu",    "fedora",  "arch",   "archlinux",
     "manjaro",   "opensuse",    "suse",   "rhel",   "centos", "rocky",      "alma",      "gentoo",  "nixos",  "pop",
     "proxmox",   "pve",         "mint",   "kali",   "none",   "user",       "users",     "admin",   "root",   "guest",
     "test",      "live",        "pi",     "vagrant", "nobody", "boot",      "efi",       "esp",     "swap",   "home",
     "data",      "disk",        "system", "server", "desktop", "laptop",    "workstation", "vm",    "kvm",    "vfio",
     "vg",        "vg0",         "vg00",   "vg1",    "lv",     "rootvg",     "ubuntu-vg", "ubuntu--vg", "debian-vg", "debian--vg",
     "cl",        "cs",          "default", "wired", "unknown", "to be filled by o.e.m.", "default string", "not specified",
     "system serial number", "base board serial number", "chassis serial number", "0123456789", "1234567890", "0000000000"});

void add_words(std::string_view text, std::set<std::string>& words) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_alphanumeric(text[end])) ++end;
    if (end > at) words.insert(to_lower(text.substr(at, end - at)));
    at = end + 1;
  }
}

/// The words the kernel itself uses here: directories, attributes, drivers. A name that is one of them cannot be
/// replaced without changing what the machine says.
std::set<std::string> technical_words(const RecordedNodes& nodes) {
  std::set<std::string> words;
  for (const auto& [path, node] : nodes) {
    if (!path.starts_with("/sys/") && !path.starts_with("/proc/")) continue;
    if (path.starts_with("/proc/spl/")) continue;  // names of ZFS pools
    add_words(path, words);
    if (node.kind == Kind::link) add_words(node.content, words);
    if (path == "/proc/cpuinfo" || path == PciNames::recorded_names_path) add_words(node.content, words);
  }
  return words;
}

/// Read by programs or the same on every machine of its kind: nothing private, much that looks like it.
bool is_public(const std::string& path) {
  static constexpr auto files = std::to_array<std::string_view>(
      {PciNames::recorded_names_path, "/proc/cpuinfo", "/proc/iomem", "/proc/config.gz", "/proc/sys/kernel/osrelease",
       "/etc/os-release", "/usr/lib/os-release"});
  return std::ranges::find(files, path) != files.end() || path.starts_with("/boot/config-") ||
         path.starts_with("/sys/firmware/acpi/tables/") || path.ends_with("/modules.builtin") ||
         path.ends_with("/modules.dep") || path.ends_with("/modules.alias");
}

/// Attributes whose whole content is a secret.
bool is_secret_attribute(std::string_view name) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"serial", "serial_number", "wwid", "unique_id", "product_serial", "board_serial", "chassis_serial", "uniq", "nguid"});
  return std::ranges::find(names, name) != names.end();
}

class Redactor {
 public:
  Redactor(const RecordedNodes& nodes, Pseudonyms pseudonyms)
      : nodes_(nodes), pseudonyms_(std::move(pseudonyms)), text_(pseudonyms_) {}

  Redaction run(std::vector<PrivateName> names) {
    learn_from_nodes(names);
    learn(names);
    for (const auto& [path, node] : nodes_) result_.nodes.insert_or_assign(changed_path(path), changed(path, node));
    result_.counts = pseudonyms_.counts();
    return std::move(result_);
  }

 private:
  void learn(const std::vector<PrivateName>& names) {
    const auto technical = technical_words(nodes_);
    std::set<std::string> kept;
    for (const auto& name : names) {
      const auto lower = to_lower(name.name);
      const bool number = std::ranges::any_of(lower, [](char c) { return c >= '0' && c <= '9'; });
      if (name.name.size() < (name.kind == "serial" ? 6u : 2u) || (name.kind == "serial" && !number)) continue;
      const bool short_number = parse_unsigned(lower).has_value() && lower.size() < 6;
      if (short_number || std::ranges::find(ordinary_names, lower) != ordinary_names.end()) continue;
      if (technical.contains(lower))
        kept.insert(name.name);
      else
        text_.learn(name);
    }
    result_.kept.assign(kept.begin(), kept.end());
  }

  const std::string* content(const std::string& path) const {
    const auto found = nodes_.find(path);
    return found != nodes_.end() && found->second.kind == Kind::file ? &found->second.content : nullptr;
  }

  void learn_from_nodes(std::vector<PrivateName>& names) {
    for (const auto& [path, node] : nodes_) {
      if (path.ends_with("/dm/uuid") && node.content.starts_with("LVM-")) learn_volume_group(path, names);
      if (path.starts_with("/dev/disk/by-id/")) learn_serial(base_name(path), names);
      if (path.starts_with("/lib/modules/") || path.starts_with("/usr/lib/modules/")) keep_version(path.substr(path.find("modules/") + 8));
      if (path.starts_with("/proc/spl/kstat/zfs/")) text_.keep(base_name(path));
      if (path.ends_with("/mountinfo") && node.kind == Kind::file) learn_from_mounts(node.content);
    }
    if (const auto* release = content("/proc/sys/kernel/osrelease")) keep_version(*release);
  }

  /// ZFS pools are found again through the label of their disks.
  void learn_from_mounts(const std::string& mounts) {
    for (const auto line : split_lines(mounts)) {
      const auto at = line.find(" - zfs ");
      if (at == line.npos) continue;
      const auto pool = line.substr(at + 7);
      text_.keep(unescape_octal(pool.substr(0, pool.find_first_of("/ "))));
    }
  }

  /// "5.4.0.1-custom" begins like an address.
  void keep_version(std::string_view release) {
    const auto end = release.find_first_not_of("0123456789.");
    text_.keep(std::string(trim(release.substr(0, end))));
  }

  /// "my--group-volume": device-mapper doubles the hyphens inside a name.
  void learn_volume_group(const std::string& uuid_path, std::vector<PrivateName>& names) const {
    const auto* name = content(parent_path(uuid_path) + "/name");
    if (!name) return;
    const auto whole = trim(*name);
    std::string group;
    for (std::size_t at = 0; at < whole.size(); ++at) {
      if (whole[at] == '-' && at + 1 < whole.size() && whole[at + 1] == '-')
        ++at;
      else if (whole[at] == '-')
        break;
      group += whole[at];
    }
    std::string doubled;
    for (const char c : group) doubled += c == '-' ? "--" : std::string(1, c);
    names.push_back({"volume", group});
    if (doubled != group) names.push_back({"volume", doubled});
  }

  /// "ata-MAKER_MODEL_SERIAL-part1", "usb-MAKER_MODEL_SERIAL-0:0".
  static void learn_serial(std::string name, std::vector<PrivateName>& names) {
    const auto part = name.find("-part");
    name = name.substr(0, part);
    if (name.starts_with("usb-")) name = name.substr(0, name.rfind('-'));
    const auto last = name.rfind('_');
    if (last != name.npos) names.push_back({"serial", name.substr(last + 1)});
  }

  std::string changed_path(const std::string& path) const {
    if (path.starts_with("/sys/firmware/efi/efivars/")) return path;  // the numbers there are the same on every machine
    std::string spelled;  // as in a mount table: a blank does not end a name
    for (const char c : path) spelled += c == ' ' ? "\\040" : std::string(1, c);
    auto changed = unescape_octal(text_.redact(spelled));
    return changed.find('\0') == changed.npos ? changed : text_.redact(path);
  }

  RecordedNode changed(const std::string& path, const RecordedNode& node) {
    if (node.kind == Kind::link) return {Kind::link, changed_path(node.content)};
    if (node.kind != Kind::file) return {node.kind, text_.redact(node.content)};
    return {Kind::file, changed_content(path, node.content)};
  }

  std::string changed_content(const std::string& path, const std::string& content) {
    if (is_public(path)) return content;
    if (path.starts_with("/sys/firmware/efi/efivars/")) return redact_efi_variable(base_name(path), content, text_, pseudonyms_);
    if (path.starts_with("/sys/") && path.ends_with("/config")) return redact_pci_config(content, pseudonyms_);
    if (content.starts_with("\x1f\x8b")) return content;
    if (content.find('\0') != std::string::npos) return redact_binary(content, text_);
    const auto rename = [this](std::string_view name) { return text_.redact(name); };
    if (path.ends_with("/net/route")) return redact_v4_routes(content, pseudonyms_, rename);
    if (path.ends_with("/net/ipv6_route")) return redact_v6_routes(content, pseudonyms_, rename);
    if (path == Root::routes_path) return redact_told_routes(content, pseudonyms_, rename);
    if (path.starts_with("/run/systemd/sessions/")) return text_.redact(redact_session(content, pseudonyms_));
    if (path.ends_with("/mountinfo") || path == "/etc/fstab" || path.ends_with("/mounts"))
      return text_.redact(redact_servers(content, pseudonyms_));
    if (is_secret_attribute(base_name(path))) return redact_attribute(content);
    return text_.redact(content);
  }

  std::string redact_attribute(const std::string& content) {
    const auto value = trim(content);
    if (value.empty()) return content;
    auto changed = text_.redact(value);  // a UUID stays one, and what is mentioned elsewhere keeps its stand-in
    if (changed == value) changed = pseudonyms_.word("serial", std::string(value));
    return changed + (content.ends_with('\n') ? "\n" : "");
  }

  const RecordedNodes& nodes_;
  Pseudonyms pseudonyms_;
  TextRedactor text_;
  Redaction result_;
};

}  // namespace

Redaction redact(const RecordedNodes& nodes, std::vector<PrivateName> names, Pseudonyms pseudonyms) {
  return Redactor(nodes, std::move(pseudonyms)).run(std::move(names));
}

}  // namespace vfio_doctor
