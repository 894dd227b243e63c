// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/boot_drift.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "facts/text.hpp"

namespace vfio_doctor {
namespace {

/// Put there by boot loaders, installers and initramfs tools, or different by design. A name that ends in '.'
/// stands for all that start so.
constexpr auto mechanical = std::to_array<std::string_view>({"boot_image",
                                                             "initrd",
                                                             "root",
                                                             "rootflags",
                                                             "rootfstype",
                                                             "rootdelay",
                                                             "rootwait",
                                                             "ro",
                                                             "rw",
                                                             "ostree",
                                                             "resume",
                                                             "resume_offset",
                                                             "init",
                                                             "boot",
                                                             "zfs",
                                                             "bootfs",
                                                             "cryptdevice",
                                                             "cryptkey",
                                                             "crypto",
                                                             "luks.",
                                                             "rd.luks.",
                                                             "rd.lvm.",
                                                             "rd.md.",
                                                             "rd.dm.",
                                                             "rd.zfs.",
                                                             "lang",
                                                             "vconsole.",
                                                             "rd.vconsole.",
                                                             "crashkernel",
                                                             "showopts",
                                                             "single",
                                                             "recovery",
                                                             "dis_ucode_ldr",
                                                             "vt.handoff",
                                                             "systemd.machine_id",
                                                             "systemd.condition",
                                                             "composefs",
                                                             "ip",
                                                             "nosplash"});

/// Only change what is shown while booting.
constexpr auto cosmetic = std::to_array<std::string_view>(
    {"quiet", "splash", "rhgb", "loglevel", "plymouth.", "udev.log_priority", "rd.udev.log_priority"});

constexpr auto passthrough = std::to_array<std::string_view>({"intel_iommu",
                                                              "amd_iommu",
                                                              "iommu",
                                                              "iommu.",
                                                              "intremap",
                                                              "vfio.",
                                                              "vfio_pci.",
                                                              "vfio_iommu_type1.",
                                                              "pci",
                                                              "pcie_acs_override",
                                                              "pcie_aspm",
                                                              "pcie_port_pm",
                                                              "pci_stub.",
                                                              "kvm.",
                                                              "kvm_intel.",
                                                              "kvm_amd.",
                                                              "initcall_blacklist",
                                                              "module_blacklist",
                                                              "modprobe.blacklist",
                                                              "rd.driver.blacklist",
                                                              "rd.driver.pre",
                                                              "video",
                                                              "efi",
                                                              "mem_encrypt",
                                                              "amd_iommu_intr",
                                                              "ivrs_ioapic"});

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, const KernelArgument& argument) {
  const auto name = normalize_module_name(to_lower(argument.name));
  return std::ranges::any_of(
      names, [&](auto one) { return one.ends_with('.') ? name.starts_with(one) : name == one; });
}

bool is_mechanical(const KernelArgument& argument) {
  return is_one_of(mechanical, argument);
}
bool is_cosmetic(const KernelArgument& argument) {
  return is_one_of(cosmetic, argument);
}

using Entries = std::vector<const BootEntry*>;

bool is_one_of_kinds(BootEntryKind kind, std::initializer_list<BootEntryKind> kinds) {
  return std::ranges::find(kinds, kind) != kinds.end();
}

/// Where the entries are generations of a system, one generation lacks what a later one has: by design.
bool has_generations(const Host& host) {
  return host.boot.ostree || host.distribution.is_like("nixos");
}

/// True where the boot loader that started this host takes its menu from entries of this kind.
bool is_used(const Host& host, BootEntryKind kind) {
  using enum BootEntryKind;
  switch (host.boot.loader) {
    case BootLoader::grub:
      return host.boot.grub_reads_loader_entries.is(true) ? is_one_of_kinds(kind, {loader_entry})
                                                          : kind == grub_menu;
    case BootLoader::systemd_boot:
      return is_one_of_kinds(kind, {loader_entry, unified_image});
    case BootLoader::unified_image:
      return kind == unified_image;
    case BootLoader::limine:
      return kind == limine;
    case BootLoader::refind:
      return kind == refind;
    case BootLoader::unknown:
      return true;
  }
  return true;
}

/// True where what stands in this place reaches the entries of this host's boot loader.
bool is_used(const Host& host, BootSettingKind kind) {
  if (has_generations(host)) return false;
  const bool loader_entries = host.boot.grub_reads_loader_entries.is(true);
  switch (kind) {
    case BootSettingKind::grub_defaults:
      // openSUSE's grub2-bls has no grub.cfg and does not look here.
      return host.boot.loader == BootLoader::grub && !(loader_entries && host.boot.grub_config.is_absent());
    case BootSettingKind::kernel_cmdline:
      return host.boot.loader != BootLoader::grub || loader_entries;
    case BootSettingKind::kernelstub:
      return host.boot.loader == BootLoader::systemd_boot;
    case BootSettingKind::limine_defaults:
      return host.boot.loader == BootLoader::limine;
  }
  return false;
}

std::string without_suffix(std::string id) {
  for (const std::string_view suffix : {".conf", ".efi"})
    if (id.ends_with(suffix)) id.resize(id.size() - suffix.size());
  return id;
}

/// The shell's '*' and '?', as loader.conf's `default` has them.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]))
      ++p, ++t;
    else if (p < pattern.size() && pattern[p] == '*')
      star = p++, mark = t;
    else if (star != std::string_view::npos)
      p = star + 1, t = ++mark;
    else
      return false;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

const KernelArgument* find_argument(const BootEntry& entry, std::string_view name) {
  for (const auto& token : entry.command_line->tokens)
    if (token.argument.name == name) return &token.argument;
  return nullptr;
}

/// Compares the three sets of one host.
class DriftFinder {
 public:
  explicit DriftFinder(const Host& host)
      : host_(host),
        boot_(host.boot),
        running_(host.kernel.arguments.get()),
        generations_(has_generations(host)) {}

  BootDrift find() {
    collect_entries();
    collect_unknown();
    booted_ = booted_entry();
    next_ = next_entry();
    compare_running_with_entries();
    for (const auto& setting : boot_.settings) compare_setting(setting);
    compare_entries_with_each_other();
    return std::move(drift_);
  }

 private:
  void collect_entries() {
    for (const auto& entry : boot_.entries) {
      if (!is_used(host_, entry.kind)) continue;
      if (!entry.command_line.has_value()) {
        if (entry.command_line.is_unreadable()) unknown(entry.file, entry.command_line.why());
        continue;
      }
      all_.push_back(&entry);
      if (entry.role != BootEntryRole::normal) continue;
      normal_.push_back(&entry);
      if (!entry.command_line->unknown_part.empty()) unknown(entry.file, entry.command_line->unknown_part);
    }
    complete_ = !normal_.empty() && drift_.unknown.empty();
  }

  void collect_unknown() {
    if (!running_) unknown("/proc/cmdline", host_.kernel.arguments.why());
    for (const auto& setting : boot_.settings) {
      if (!is_used(host_, setting.kind)) continue;
      if (!setting.line.has_value())
        unknown(setting.file, setting.line.why());
      else if (!setting.line->unknown_part.empty())
        unknown(setting.file, setting.line->unknown_part);
    }
    if (!normal_.empty()) return;
    for (const auto& unread : boot_.unread) unknown(unread.file, unread.why);
    if (boot_.unread.empty()) unknown("/boot", "no boot entry was found");
  }

  void unknown(const std::string& file, const std::string& why) {
    for (const auto& known : drift_.unknown)
      if (known.file == file) return;
    drift_.unknown.push_back({file, why});
  }

  /// The entry this host was started from: by the boot loader's word, else by kernel and likeness.
  const BootEntry* booted_entry() const {
    if (!running_) return nullptr;
    Entries candidates;
    for (const auto* entry : all_)
      if (starts_running_kernel(*entry)) candidates.push_back(entry);
    if (candidates.empty()) candidates = normal_;
    const auto best =
        std::ranges::min_element(candidates, {}, [&](const BootEntry* entry) { return distance(*entry); });
    return best == candidates.end() ? nullptr : *best;
  }

  bool starts_running_kernel(const BootEntry& entry) const {
    if (boot_.selected_entry) return without_suffix(*boot_.selected_entry) == entry.id;
    if (generations_)
      for (const std::string_view name : {"ostree", "init"})
        if (const auto* own = find_argument(entry, name))
          if (const auto* running = running_->last(name)) return own->value == running->value;
    const auto* image = running_->last("BOOT_IMAGE");
    if (image && image->value && base_name(entry.kernel) == base_name(*image->value)) return true;
    const auto* release = host_.kernel.release.get();
    return release && !release->empty() &&
           (entry.version == *release || entry.kernel.ends_with("-" + *release));
  }

  /// How many words differ from what is running.
  std::size_t distance(const BootEntry& entry) const {
    std::size_t differences = entry.role == BootEntryRole::normal ? 0 : 1;
    for (const auto& token : entry.command_line->tokens)
      differences += 2 * !running_->contains(token.argument);
    for (const auto& argument : running_->all())
      differences += 2 * (!is_mechanical(argument) && !entry.command_line->may_contain(argument));
    return differences;
  }

  /// The entry that starts next where that is known, else the booted one.
  const BootEntry* next_entry() const {
    if (boot_.loader != BootLoader::grub && boot_.default_entry)
      for (const auto* entry : normal_)
        if (matches(without_suffix(*boot_.default_entry), entry->id)) return entry;
    if (boot_.ostree && !normal_.empty())  // the deployment with the highest version is first in the menu
      return *std::ranges::max_element(
          normal_, {}, [](const BootEntry* entry) { return parse_unsigned(entry->version).value_or(0); });
    return booted_;
  }

  bool any_normal_may_have(const KernelArgument& argument) const {
    return std::ranges::any_of(normal_,
                               [&](const auto* entry) { return entry->command_line->may_contain(argument); });
  }

  void add(DriftKind kind, const BootToken& token, const std::string& lacking) {
    if (is_mechanical(token.argument)) return;
    // Entries may be meant to differ; that is worth a warning only where passthrough hangs on it.
    const bool minor = is_cosmetic(token.argument) ||
                       (kind == DriftKind::some_entries && !concerns_passthrough(token.argument));
    auto& list = minor ? drift_.minor : drift_.arguments;
    for (auto& known : list)
      if (known.token.argument == token.argument && (known.kind == kind || kind == DriftKind::some_entries))
        return;
    list.push_back({kind, token, lacking});
  }

  void compare_running_with_entries() {
    const auto* entry = generations_ ? next_ : booted_;
    if (!running_ || !entry || boot_.loader == BootLoader::unknown) return;
    drift_.compared = true;
    for (const auto& token : entry->command_line->tokens)
      if (!running_->contains(token.argument)) add(DriftKind::not_rebooted, token, "/proc/cmdline");
    if (!complete_ || !entry->command_line->unknown_part.empty()) return;
    for (const auto& argument : running_->all()) {
      const BootToken token{argument, "/proc/cmdline", 0};
      if (entry->command_line->may_contain(argument)) {
        if (next_ && !next_->command_line->may_contain(argument))
          add(DriftKind::some_entries, token, next_->file);
      } else if (!any_normal_may_have(argument)) {
        add(DriftKind::only_this_boot, token, entry->file);
      } else {
        add(DriftKind::some_entries, token, entry->file);
      }
    }
  }

  void compare_setting(const BootSetting& setting) {
    if (!setting.line.has_value()) return;
    const bool used = is_used(host_, setting.kind);
    for (const auto& token : setting.line->tokens) {
      const bool runs = running_ && running_->contains(token.argument);
      if (!used && boot_.loader != BootLoader::unknown) {
        if (running_ && !runs && !any_normal_may_have(token.argument) && concerns_passthrough(token.argument))
          add(DriftKind::unread_file, token, "/proc/cmdline");
      } else if (complete_ && !any_normal_may_have(token.argument)) {
        // With the boot loader unknown, a file that nobody reads must not raise the alarm.
        if (boot_.loader != BootLoader::unknown || feeds_entries(setting.kind))
          add(DriftKind::not_applied, token, normal_.front()->file);
      } else if (!complete_ && running_ && !runs && boot_.loader != BootLoader::unknown) {
        add(DriftKind::not_running, token, "/proc/cmdline");
      }
    }
    if (complete_ && setting.kind == BootSettingKind::grub_defaults && feeds_entries(setting.kind)) {
      drift_.compared = true;
      if (setting.line->unknown_part.empty()) find_not_removed(*setting.line);
    }
  }

  /// True where entries that are made from this setting, and only such, are there.
  bool feeds_entries(BootSettingKind kind) const {
    return kind == BootSettingKind::grub_defaults && boot_.grub_reads_loader_entries.is(false) &&
           !normal_.empty() && std::ranges::all_of(normal_, [](const auto* entry) {
             return entry->kind == BootEntryKind::grub_menu;
           });
  }

  /// What grub-mkconfig wrote once and would not write today.
  void find_not_removed(const BootLine& written) {
    for (const auto& token : normal_.front()->command_line->tokens) {
      const auto name = normalize_module_name(token.argument.name);
      const bool by_hand = name == "intel_iommu" || name == "amd_iommu" || name == "iommu" ||
                           name == "vfio_pci.ids" || name == "pcie_acs_override";
      if (by_hand && !written.may_contain(token.argument))
        add(DriftKind::not_removed, token, "/etc/default/grub");
    }
  }

  void compare_entries_with_each_other() {
    if (!complete_ || generations_ || boot_.loader == BootLoader::unknown) return;
    for (const auto* entry : normal_)
      for (const auto& token : entry->command_line->tokens)
        for (const auto* other : normal_)
          if (!other->command_line->may_contain(token.argument)) {
            // Entries that a person writes by hand are often meant to differ.
            const bool by_hand = other->kind != BootEntryKind::grub_menu && boot_.loader != BootLoader::grub;
            if (!by_hand)
              add(DriftKind::some_entries, token, other->file);
            else if (!is_mechanical(token.argument) && drift_.minor.size() < 50)
              drift_.minor.push_back({DriftKind::some_entries, token, other->file});
            break;
          }
  }

  const Host& host_;
  const BootConfiguration& boot_;
  const KernelArguments* running_;
  bool generations_;
  Entries all_, normal_;   // of the kind this boot loader uses; normal_: not for recovery, not custom
  bool complete_ = false;  // every normal entry is known to the last word
  const BootEntry* booted_ = nullptr;
  const BootEntry* next_ = nullptr;
  BootDrift drift_;
};

}  // namespace

bool concerns_passthrough(const KernelArgument& argument) {
  return is_one_of(passthrough, argument);
}

BootDrift find_boot_drift(const Host& host) {
  return DriftFinder(host).find();
}

}  // namespace vfio_doctor
