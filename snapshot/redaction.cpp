// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/redaction.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/iommu/module_slips.hpp"
#include "facts/pci/pci_names.hpp"
#include "facts/platform/machine_identity.hpp"
#include "facts/storage/mounts.hpp"
#include "snapshot/argument_redaction.hpp"
#include "snapshot/binary_redaction.hpp"
#include "snapshot/file_redaction.hpp"
#include "snapshot/known_words.hpp"
#include "snapshot/log_redaction.hpp"
#include "snapshot/mount_redaction.hpp"
#include "snapshot/table_redaction.hpp"
#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

/// Names that say nothing about anybody, and words that machines are full of.
// clang-format off
constexpr auto ordinary_names = std::to_array<std::string_view>(
    {"localhost", "localdomain", "local",  "host",   "linux",  "debian",     "ubuntu",    "fedora",  "arch",   "archlinux",
     "manjaro",   "opensuse",    "suse",   "rhel",   "centos", "rocky",      "alma",      "gentoo",  "nixos",  "pop",
     "proxmox",   "pve",         "mint",   "kali",   "none",   "user",       "users",     "admin",   "root",   "guest",
     "test",      "live",        "pi",     "vagrant", "nobody", "boot",      "efi",       "esp",     "swap",   "home",
     "data",      "disk",        "system", "server", "desktop", "laptop",    "workstation", "vm",    "kvm",    "vfio",
     "rpool",     "bpool",       "tank",   "zroot",  "backup", "storage",
     "vg",        "vg0",         "vg00",   "vg1",    "lv",     "rootvg",     "ubuntu-vg", "ubuntu--vg", "debian-vg", "debian--vg",
     "cl",        "cs",          "default", "wired", "unknown", "to be filled by o.e.m.", "default string", "not specified",
     "system serial number", "base board serial number", "chassis serial number", "0123456789", "1234567890", "0000000000"});
// clang-format on

void add_words(std::string_view text, std::set<std::string>& words) {
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_alphanumeric(text[end])) ++end;
    if (end > at) words.insert(to_lower(text.substr(at, end - at)));
    at = end + 1;
  }
}

/// "bond0" of "/sys/class/net/bond0", "upper_bond0", ".../net/bond0/...": parts of paths that somebody may have named.
bool is_name_position(std::string_view before, std::string_view part) {
  return before.ends_with("/net/") || before.ends_with("/brif/") || part.starts_with("upper_") || part.starts_with("lower_") ||
         before.starts_with("/proc/spl/") || before.ends_with("/fs/bcachefs/") || before.ends_with("/net/bonding/");
}

void add_path_words(std::string_view path, std::set<std::string>& words) {
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto part = path.substr(at, end - at);
    if (!is_name_position(path.substr(0, at), part)) add_words(part, words);
    at = end + 1;
  }
}

/// The words the kernel itself uses here: directories, attributes, drivers. A name that is one of them cannot be
/// replaced without changing what the machine says.
std::set<std::string> technical_words(const RecordedNodes& nodes) {
  std::set<std::string> words;
  for (const auto& [path, node] : nodes) {
    if (!path.starts_with("/sys/") && !path.starts_with("/proc/")) continue;
    // A file of settings named this module, and the kernel has none of that name: a slip is what the report is about.
    if (parent_path(path) == "/sys/module" && node.kind == RecordedNode::Kind::absent &&
        module_meant_by(base_name(path)).empty())
      continue;
    add_path_words(path, words);
    if (path.starts_with("/sys/") && node.kind == Kind::link) add_path_words(join_path(parent_path(path), node.content), words);
    if (path == "/proc/cpuinfo" || path == PciNames::recorded_names_path) add_words(node.content, words);
  }
  return words;
}

/// The same on every machine of its kind, or in words of the kernel's alone: nothing private, much that looks like it.
bool is_public(const std::string& path) {
  const bool cxl_target = base_name(path).starts_with("target") && base_name(parent_path(path)).starts_with("region");
  const bool kernels =
      path == "/proc/self/limits" || (path.starts_with("/sys/") && (cxl_target || path.ends_with("/compatible")));
  return kernels || path == PciNames::recorded_names_path || path == "/proc/cpuinfo" ||
         path.starts_with("/sys/firmware/acpi/tables/");
}

/// What a maker calls a machine, its board and its firmware, and a distribution its packages.
bool is_made_by_others(const std::string& path) {
  static constexpr auto names = std::to_array<std::string_view>(
      {"board_vendor", "board_name", "sys_vendor", "product_name", "bios_vendor", "bios_version", "bios_date"});
  const bool dmi = path.find("/dmi/id/") != path.npos && std::ranges::find(names, base_name(path)) != names.end();
  return dmi || path == "/sys/firmware/devicetree/base/model" || path == MachineIdentity::recorded_versions_path;
}

/// Settings of the boot loader and its tools, with command lines in them.
bool is_boot_script(const std::string& path) {
  static constexpr auto starts =
      std::to_array<std::string_view>({"/etc/default/grub", "/etc/default/limine", "/etc/limine-entry-tool.d/",
                                       "/etc/kernelstub/", "/etc/sdboot-manage", "/etc/mkinitcpio.d/"});
  static constexpr auto ends =
      std::to_array<std::string_view>({"/grub.cfg", "/grubenv", "/limine.conf", "/limine.cfg", "/refind_linux.conf",
                                       "/loader.conf", "/syslinux.cfg", "/extlinux.conf"});
  return std::ranges::any_of(starts, [&](auto start) { return path.starts_with(start); }) ||
         std::ranges::any_of(ends, [&](auto end) { return path.ends_with(end); });
}

bool is_command_line(const std::string& path) {
  return path == "/proc/cmdline" || path.ends_with("/kernel/cmdline") || path.find("/cmdline.d/") != path.npos;
}

bool is_module_list(const std::string& path) {
  return path.ends_with("/modules.builtin") || path.ends_with("/modules.dep") || path.ends_with("/modules.alias");
}

bool is_kernel_config(const std::string& path) {
  const auto name = base_name(path);
  return name == "config.gz" || name.starts_with("config-") || (name == "config" && path.find("/modules/") != path.npos);
}

/// Files that are read in the order of their names.
bool is_ordered_directory(std::string_view directory) {
  return directory.ends_with("/modprobe.d") || directory.ends_with("/grub.d") || directory.ends_with("/cmdline.d") ||
         directory.ends_with("/limine-entry-tool.d");
}

/// Attributes whose whole content is a secret.
bool is_secret_attribute(std::string_view name) {
  static constexpr auto names =
      std::to_array<std::string_view>({"serial", "serial_number", "wwid", "unique_id", "product_serial", "board_serial",
                                       "chassis_serial", "uniq", "nguid", "eui", "ifalias"});
  return std::ranges::find(names, name) != names.end();
}

class Redactor {
 public:
  Redactor(const RecordedNodes& nodes, Pseudonyms pseudonyms)
      : nodes_(nodes), pseudonyms_(std::move(pseudonyms)), text_(pseudonyms_), arguments_(text_, pseudonyms_) {}

  Redaction run(std::vector<PrivateName> names) {
    pseudonyms_.reserve(numbered_words());
    auto technical = technical_words(nodes_);
    learn_from_nodes(names);
    learn(names, technical);
    text_.keep_only_known_words(std::move(technical));
    number_ordered_files();
    for (const auto& [path, node] : nodes_) result_.nodes.insert_or_assign(changed_path(path), changed(path, node));
    result_.counts = pseudonyms_.counts();
    return std::move(result_);
  }

 private:
  /// Words that look like stand-ins.
  std::set<std::string> numbered_words() const {
    static constexpr auto kinds =
        std::to_array<std::string_view>({"host", "user", "network", "serial", "volume", "volumeid", "label", "password",
                                         "domain", "export", "target", "word", "value", "net", "pool"});
    std::set<std::string> all, numbered;
    for (const auto& [path, node] : nodes_) {
      add_words(path, all);
      add_words(node.content, all);
      std::erase_if(all, [](const std::string& word) {
        const auto digits = word.find_first_of("0123456789");
        return digits == word.npos || std::ranges::find(kinds, std::string_view(word).substr(0, digits)) == kinds.end();
      });
      numbered.merge(all);
      all.clear();
    }
    return numbered;
  }

  void learn(const std::vector<PrivateName>& names, const std::set<std::string>& technical) {
    std::set<std::string> kept;
    for (const auto& name : names) {
      if (name.kind == "pool") text_.treat_as_name(name.name);
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
      if (path.ends_with("/dm/name") && node.kind == Kind::file) learn_mapped(path, node.content, names);
      if (path.starts_with("/dev/disk/by-id/")) learn_serial(base_name(path), names);
      if (path.starts_with("/lib/modules/") || path.starts_with("/usr/lib/modules/"))
        keep_version(path.substr(path.find("modules/") + 8));
      if (parent_path(path) == "/proc/spl/kstat/zfs") names.push_back({"pool", base_name(path)});
      if (parent_path(path).ends_with("/net") && path.starts_with("/sys/") && !is_usual_interface(base_name(path)))
        names.push_back({"net", base_name(path)});
      if (path.ends_with("/mountinfo") && node.kind == Kind::file) learn_from_mounts(node.content, names);
    }
    if (const auto* release = content("/proc/sys/kernel/osrelease")) keep_version(*release);
  }

  /// ZFS pools are found again through the label of their disks.
  static void learn_from_mounts(const std::string& mounts, std::vector<PrivateName>& names) {
    for (const auto line : split_lines(mounts)) {
      const auto at = line.find(" - zfs ");
      if (at == line.npos) continue;
      const auto pool = line.substr(at + 7);
      names.push_back({"pool", unescape_octal(pool.substr(0, pool.find_first_of("/ ")))});
    }
  }

  /// "5.4.0.1-custom" begins like an address.
  void keep_version(std::string_view release) {
    const auto end = release.find_first_not_of("0123456789.");
    text_.keep(std::string(trim(release.substr(0, end))));
  }

  /// "my--group-volume": device-mapper doubles the hyphens inside a name of LVM; other names are one.
  void learn_mapped(const std::string& path, const std::string& content, std::vector<PrivateName>& names) const {
    const std::string whole(trim(content));
    const auto* uuid = this->content(parent_path(path) + "/uuid");
    if (!uuid || !uuid->starts_with("LVM-")) {
      if (!whole.starts_with("luks-")) names.push_back({"volume", whole});
      return;
    }
    std::string part;
    const auto finish = [&] {
      std::string doubled;
      for (const char c : part) doubled += c == '-' ? "--" : std::string(1, c);
      names.push_back({"volume", part});
      if (doubled != part) names.push_back({"volume", doubled});
      part.clear();
    };
    for (std::size_t at = 0; at < whole.size(); ++at) {
      if (whole[at] == '-' && at + 1 < whole.size() && whole[at + 1] == '-')
        part += whole[at++];
      else if (whole[at] == '-')
        finish();
      else
        part += whole[at];
    }
    finish();
  }

  /// "ata-MAKER_MODEL_SERIAL-part1", "usb-MAKER_MODEL_SERIAL-0:0".
  static void learn_serial(std::string name, std::vector<PrivateName>& names) {
    const auto part = name.find("-part");
    name = name.substr(0, part);
    if (name.starts_with("usb-")) name = name.substr(0, name.rfind('-'));
    const auto last = name.rfind('_');
    if (last != name.npos) names.push_back({"serial", name.substr(last + 1)});
  }

  /// "50-anna.conf" -> "003-50-word1.conf" where one of those files loses its place otherwise.
  void number_ordered_files() {
    std::set<std::string> names;
    bool any_changed = false;
    for (const auto& [path, node] : nodes_)
      if (is_ordered_directory(parent_path(path))) {
        names.insert(base_name(path));
        any_changed |= text_.redact(base_name(path)) != base_name(path);
      }
    if (!any_changed) return;
    for (const auto& name : names) {
      const auto number = std::to_string(order_.size());
      order_[name] = std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number + "-";
    }
  }

  std::string changed_path(const std::string& path) const {
    if (path.starts_with("/sys/firmware/efi/efivars/")) return path;  // the numbers there are the same on every machine
    std::string spelled;                                              // as in a mount table: a blank does not end a name
    for (const char c : path) spelled += c == ' ' ? "\\040" : std::string(1, c);
    auto changed = unescape_octal(text_.redact(spelled));
    if (changed.find('\0') != changed.npos) changed = text_.redact(path);
    const auto number = is_ordered_directory(parent_path(path)) ? order_.find(base_name(path)) : order_.end();
    if (number == order_.end()) return changed;
    const auto name = changed.rfind('/') + 1;
    return changed.insert(name + (changed.substr(name).starts_with('.') ? 1 : 0), number->second);  // what is hidden stays so
  }

  RecordedNode changed(const std::string& path, const RecordedNode& node) {
    if (node.kind == Kind::link) return {Kind::link, changed_path(node.content)};
    if (node.kind != Kind::file) return {node.kind, text_.redact(node.content)};
    return {Kind::file, changed_content(path, node.content)};
  }

  std::string changed_content(const std::string& path, const std::string& content) {
    if (is_public(path)) return content;
    if (path.starts_with("/sys/firmware/efi/efivars/"))
      return redact_efi_variable(base_name(path), content, text_, pseudonyms_);
    if (path.starts_with("/sys/") && path.ends_with("/config")) return redact_pci_config(content, pseudonyms_);
    if (is_kernel_config(path)) return redact_kernel_config(content, arguments_);
    if (is_module_list(path)) return redact_module_list(content, text_);
    if (content.starts_with("MZ")) return redact_unified_image(content, arguments_);
    if (const auto end = content.find_last_not_of('\0') + 1; end < content.size())  // a text that ends as in C
      return changed_content(path, content.substr(0, end)) + content.substr(end);
    if (content.find('\0') != std::string::npos) return redact_binary(content, text_);
    const auto rename = [this](std::string_view name) { return text_.redact(name); };
    if (path.ends_with("/net/route")) return redact_v4_routes(content, pseudonyms_, rename);
    if (path.ends_with("/net/ipv6_route")) return redact_v6_routes(content, pseudonyms_, rename);
    if (path == Root::routes_path) return redact_told_routes(content, pseudonyms_, rename);
    if (is_made_by_others(path)) return text_.redact_secrets(content);
    if (path == Root::kernel_log_path) return redact_kernel_log(content, text_, arguments_);
    if (path.starts_with("/run/systemd/sessions/")) return text_.redact(redact_session(content, pseudonyms_));
    if (path.ends_with("/mountinfo") || path == "/etc/fstab" || path.ends_with("/mounts"))
      return redact_mounts(content, text_, arguments_, pseudonyms_);
    if (path.ends_with("/os-release")) return redact_os_release(content, text_);
    if (is_command_line(path)) return arguments_.line(content);
    if (path.find("/loader/entries/") != path.npos) return arguments_.loader_entry(content);
    if (path.find("/modprobe.d/") != path.npos || path.ends_with("/booster.init.yaml")) return arguments_.modprobe(content);
    if (is_boot_script(path)) return arguments_.script(content);
    if (is_secret_attribute(base_name(path))) return redact_attribute(content);
    if (path == "/proc/iomem") return redact_memory_map(content, text_);
    if (path == "/proc/bus/input/devices") return redact_input_devices(content, text_);
    if (parent_path(path).ends_with("/capabilities") && is_bitmap(content)) return content;
    if (path.starts_with("/sys/")) return redact_numbers(content, text_);
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
  ArgumentRedactor arguments_;
  std::map<std::string, std::string> order_;  ///< name of a file in an ordered directory -> what goes in front of it
  Redaction result_;
};

}  // namespace

Redaction redact(const RecordedNodes& nodes, std::vector<PrivateName> names, Pseudonyms pseudonyms) {
  return Redactor(nodes, std::move(pseudonyms)).run(std::move(names));
}

}  // namespace vfio_doctor
