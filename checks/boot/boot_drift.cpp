// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/boot/boot_drift.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/text.hpp"
#include "checks/boot/argument_index.hpp"
#include "checks/boot/loader_rules.hpp"
#include "checks/kernel/kernel_argument_kinds.hpp"

namespace vfio_doctor {
namespace {

const KernelArgument* find_argument(const BootEntry& entry, std::string_view name) {
  for (const auto& token : entry.command_line->tokens)
    if (token.argument.name == name) return &token.argument;
  return nullptr;
}

/// An entry with the numbers of its arguments.
struct Line {
  const BootEntry* entry;
  ArgumentSet sure, may;  // may: also what a condition puts there
  bool knows_all() const { return entry->command_line->unknown_part.empty(); }
};

/// Compares the three sets of one host.
class DriftFinder {
 public:
  explicit DriftFinder(const Host& host)
      : host_(host), boot_(host.boot), running_(host.kernel.arguments.get()), generations_(has_generations(host)) {}

  BootDrift find() {
    if (running_) {
      for (const auto& argument : running_->all()) {
        running_ids_.insert(index_.id(argument));
        if (is_mechanical(argument)) mechanical_.insert(index_.id(argument));
      }
    }
    running_ids_.seal();
    mechanical_.seal();
    collect_entries();
    collect_unknown();
    booted_ = booted_line();
    next_ = next_line();
    if (next_) drift_.next = next_->entry;
    compare_running_with_entries();
    for (const auto& setting : boot_.settings) compare_setting(setting);
    for (const auto& entry : boot_.entries) compare_unread_entry(entry);
    compare_entries_with_each_other();
    return std::move(drift_);
  }

 private:
  void collect_entries() {
    for (const auto& entry : boot_.entries) {
      if (!is_used(host_, entry.kind)) continue;
      if (entry.command_line.has_value()) all_.push_back(line_of(entry));
      if (entry.command_line.is_unreadable()) unknown({entry.file, entry.command_line.why(), entry.command_line.cause()});
    }
    for (const auto& line : all_) {
      if (line.entry->role != BootEntryRole::normal) continue;
      normal_.push_back(&line);
      for (const auto id : line.may.all()) ++normal_with_[id];
      if (!line.knows_all()) unknown(unknown_part(line.entry->file, *line.entry->command_line));
    }
    for (const auto& unread : boot_.unread)
      if (may_hold_entries(unread.file)) unknown(unread);
    complete_ = !normal_.empty() && drift_.unknown.empty();
  }

  Line line_of(const BootEntry& entry) {
    Line line{&entry, {}, {}};
    for (const auto& token : entry.command_line->tokens) line.sure.insert(index_.id(token.argument));
    line.sure.seal();
    line.may = line.sure;
    for (const auto& token : entry.command_line->possible) line.may.insert(index_.id(token.argument));
    line.may.seal();
    return line;
  }

  /// Where further entries of this host's boot loader could be.
  bool may_hold_entries(const std::string& file) const {
    const auto has = [&](std::string_view part) { return file.find(part) != std::string::npos; };
    if (has("/loader/entries")) return is_used(host_, BootEntryKind::loader_entry);
    if (has("/EFI/Linux")) return is_used(host_, BootEntryKind::unified_image);
    if (has("limine.c")) return is_used(host_, BootEntryKind::limine);
    if (file.starts_with("/boot/grub"))
      return file.ends_with("/grub.cfg") && is_used(host_, BootEntryKind::grub_menu) &&
             (!boot_.grub_config.has_value() || *boot_.grub_config == file);
    return boot_.loader != BootLoader::grub && (file == "/boot" || file == "/boot/efi" || file == "/efi");
  }

  void collect_unknown() {
    if (!running_) unknown({"/proc/cmdline", host_.kernel.arguments.why(), host_.kernel.arguments.cause()});
    for (const auto& setting : boot_.settings) {
      if (!is_used(host_, setting.kind)) continue;
      if (!setting.line.has_value())
        unknown({setting.file, setting.line.why(), setting.line.cause()});
      else if (!setting.line->unknown_part.empty())
        unknown(unknown_part(setting.file, *setting.line));
    }
    if (boot_.staged_deployment)
      unknown({staged_deployment_file, "a new deployment is staged: its boot entry is written when the host goes down"});
    if (!normal_.empty()) return;
    for (const auto& unread : boot_.unread) unknown(unread);
    if (boot_.unread.empty()) unknown({"/boot", "no boot entry was found"});
  }

  static UnreadBootFile unknown_part(const std::string& file, const BootLine& line) {
    return {file, line.unknown_part, line.unknown_cause};
  }
  void unknown(const UnreadBootFile& unread) {
    if (std::ranges::find(drift_.unknown, unread.file, &UnreadBootFile::file) != drift_.unknown.end()) return;
    if (drift_.unknown.size() < most_told) drift_.unknown.push_back(unread);
  }

  /// The entry this host was started from: by the boot loader's word, else by kernel and likeness.
  const Line* booted_line() const {
    if (!running_) return nullptr;
    std::vector<const Line*> candidates;
    for (const auto& line : all_)
      if (starts_running_kernel(*line.entry)) candidates.push_back(&line);
    if (candidates.empty()) candidates = normal_;
    const auto best = std::ranges::min_element(candidates, {}, [&](const Line* line) { return distance(*line); });
    return best == candidates.end() ? nullptr : *best;
  }

  bool starts_running_kernel(const BootEntry& entry) const {
    if (boot_.selected_entry) return is_id_of(*boot_.selected_entry, entry);
    if (generations_)
      for (const std::string_view name : {"ostree", "init"})
        if (const auto* own = find_argument(entry, name))
          if (const auto* running = running_->last(name)) return own->value == running->value;
    const auto* image = running_->last("BOOT_IMAGE");
    if (image && image->value && base_name(entry.kernel) == base_name(*image->value)) return true;
    const auto* release = host_.kernel.release.get();
    return release && !release->empty() && (entry.version == *release || entry.kernel.ends_with("-" + *release));
  }

  /// How many words differ from what is running.
  std::size_t distance(const Line& line) const {
    std::size_t differences = line.entry->role == BootEntryRole::normal ? 0 : 1;
    for (const auto id : line.sure.all()) differences += 2 * !running_ids_.contains(id);
    for (const auto id : running_ids_.all()) differences += 2 * (!line.may.contains(id) && !mechanical_.contains(id));
    return differences;
  }

  /// The entry that starts next, where the files say which that is.
  const Line* next_line() const {
    for (const auto& line : all_)
      if (line.entry->starts_next) return &line;
    if (!boot_.ostree || boot_.staged_deployment || normal_.empty()) return nullptr;
    // The deployment with the highest version is first in the menu.
    return *std::ranges::max_element(normal_, {},
                                     [](const Line* line) { return parse_unsigned(line->entry->version).value_or(0); });
  }

  bool any_normal_may_have(ArgumentIndex::Id id) const { return normal_with_.contains(id); }

  void add(DriftKind kind, const BootToken& token, const std::string& lacking) {
    if (is_mechanical(token.argument)) return;
    const bool differ = kind == DriftKind::some_entries || kind == DriftKind::not_next;
    // Entries may be meant to differ; that is worth a warning only where passthrough hangs on it.
    const bool minor = is_cosmetic(token.argument) || (differ && !concerns_passthrough(token.argument));
    auto& list = minor ? drift_.minor : drift_.arguments;
    for (auto& known : list)
      if (known.token.argument == token.argument && (known.kind == kind || differ)) return;
    if (list.size() < most_told) list.push_back({kind, token, lacking});
  }

  void compare_running_with_entries() {
    const auto* goal = next_ ? next_ : booted_;
    if (!running_ || !goal || boot_.loader == BootLoader::unknown) return;
    drift_.compared = true;
    // A host that was started from another entry than the next may differ in what is no concern here.
    const bool other = !generations_ && booted_ && booted_->may.all() != goal->may.all();
    for (const auto& token : goal->entry->command_line->tokens)
      if (!running_ids_.contains(index_.id(token.argument)) && (!other || concerns_passthrough(token.argument)))
        add(DriftKind::not_rebooted, token, "/proc/cmdline");
    if (!complete_ || !goal->knows_all()) return;
    const auto built_in = words_built_in();
    for (const auto& argument : running_->all()) {
      const auto id = index_.id(argument);
      if (goal->may.contains(id) || built_in.contains(argument)) continue;
      const bool somewhere = any_normal_may_have(id) || (booted_ && booted_->may.contains(id));
      add(!somewhere ? DriftKind::only_this_boot
          : next_    ? DriftKind::not_next
                     : DriftKind::some_entries,
          {argument, "/proc/cmdline", 0}, goal->entry->file);
    }
  }

  /// CONFIG_CMDLINE: what the kernel puts before the boot loader's words itself (arch/x86/kernel/setup.c).
  KernelArguments words_built_in() const {
    const auto* config = host_.kernel.config.get();
    if (!config || !config->contains("CMDLINE")) return {};
    auto text = config->at("CMDLINE");
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    return KernelArguments::parse(text);
  }

  void compare_setting(const BootSetting& setting) {
    if (!setting.line.has_value()) return;
    if (boot_.find_setting(setting.kind) != &setting) return compare_lost_words(setting);
    const bool used = is_used(host_, setting.kind);
    for (const auto& token : setting.line->tokens) {
      const auto id = index_.id(token.argument);
      const bool runs = running_ && running_ids_.contains(id);
      if (!used && boot_.loader != BootLoader::unknown) {
        if (running_ && !runs && !any_normal_may_have(id) && concerns_passthrough(token.argument))
          add(DriftKind::unread_file, token, "/proc/cmdline");
      } else if (complete_ && !any_normal_may_have(id)) {
        // With the boot loader unknown, a file that nobody reads must not raise the alarm.
        if (boot_.loader != BootLoader::unknown || feeds_entries(setting.kind))
          add(DriftKind::not_applied, token, normal_.front()->entry->file);
      } else if (complete_ && next_ && next_->knows_all() && !next_->may.contains(id)) {
        add(DriftKind::not_next, token, next_->entry->file);
      } else if (!complete_ && running_ && !runs && boot_.loader != BootLoader::unknown) {
        add(DriftKind::not_running, token, "/proc/cmdline");
      }
    }
    if (complete_ && setting.kind == BootSettingKind::grub_defaults && feeds_entries(setting.kind)) {
      drift_.compared = true;
      if (setting.line->unknown_part.empty()) find_not_removed(*setting.line);
    }
  }

  /// An entry that a person writes by hand, of a boot loader that did not start this host. GRUB's menus and loader entries may be
  /// another system's.
  void compare_unread_entry(const BootEntry& entry) {
    const bool by_hand =
        entry.kind == BootEntryKind::syslinux || entry.kind == BootEntryKind::limine || entry.kind == BootEntryKind::refind;
    if (!by_hand || !running_ || boot_.loader == BootLoader::unknown || is_used(host_, entry.kind)) return;
    if (!entry.command_line.has_value()) return;
    for (const auto& token : entry.command_line->tokens) {
      const auto id = index_.id(token.argument);
      if (!running_ids_.contains(id) && !any_normal_may_have(id) && concerns_passthrough(token.argument))
        add(DriftKind::unread_file, token, "/proc/cmdline");
    }
  }

  void compare_lost_words(const BootSetting& setting) {
    if (!running_ || !is_used(host_, setting.kind)) return;
    const auto& counts = boot_.find_setting(setting.kind)->line;
    const auto taken_by = counts.has_value() && !counts->tokens.empty() ? counts->tokens.back().place() : setting.file;
    for (const auto& token : setting.line->tokens) {
      const auto id = index_.id(token.argument);
      if (!running_ids_.contains(id) && !any_normal_may_have(id) && concerns_passthrough(token.argument))
        add(DriftKind::lost_words, token, taken_by);
    }
  }

  /// True where entries that are made from this setting, and only such, are there.
  bool feeds_entries(BootSettingKind kind) const {
    return kind == BootSettingKind::grub_defaults && boot_.grub_reads_loader_entries.is(false) && !normal_.empty() &&
           std::ranges::all_of(normal_, [](const Line* line) { return line->entry->kind == BootEntryKind::grub_menu; });
  }

  /// What grub-mkconfig wrote once and would not write today.
  void find_not_removed(const BootLine& written) {
    for (const auto& token : normal_.front()->entry->command_line->tokens) {
      const auto name = normalize_module_name(token.argument.name);
      const bool by_hand = name == "intel_iommu" || name == "amd_iommu" || name == "iommu" || name == "vfio_pci.ids" ||
                           name == "pcie_acs_override";
      if (by_hand && !written.may_contain(token.argument)) add(DriftKind::not_removed, token, "/etc/default/grub");
    }
  }

  void compare_entries_with_each_other() {
    if (!complete_ || generations_ || boot_.loader == BootLoader::unknown) return;
    std::unordered_set<ArgumentIndex::Id> compared;
    for (const auto* line : normal_)
      for (const auto& token : line->entry->command_line->tokens) {
        const auto id = index_.id(token.argument);
        if (!compared.insert(id).second || is_mechanical(token.argument)) continue;
        const auto* other = entry_without(id);
        if (!other) continue;
        // Entries that a person writes by hand are often meant to differ.
        const bool by_hand = other->kind != BootEntryKind::grub_menu && boot_.loader != BootLoader::grub;
        const auto kind = next_ && other == next_->entry ? DriftKind::not_next : DriftKind::some_entries;
        if (!by_hand)
          add(kind, token, other->file);
        else if (drift_.minor.size() < most_told)
          drift_.minor.push_back({kind, token, other->file});
      }
  }

  /// An entry without this argument, before all others the one that starts next.
  const BootEntry* entry_without(ArgumentIndex::Id id) const {
    if (next_ && next_->knows_all() && !next_->may.contains(id)) return next_->entry;
    if (normal_with_.at(id) == normal_.size()) return nullptr;
    for (const auto* line : normal_)
      if (!line->may.contains(id)) return line->entry;
    return nullptr;
  }

  static constexpr std::size_t most_told = 100;

  const Host& host_;
  const BootConfiguration& boot_;
  const KernelArguments* running_;
  bool generations_;
  ArgumentIndex index_;
  ArgumentSet running_ids_, mechanical_;
  std::vector<Line> all_;                                           // of the kind this boot loader uses
  std::vector<const Line*> normal_;                                 // not for recovery, not custom
  std::unordered_map<ArgumentIndex::Id, std::size_t> normal_with_;  // how many of them may have it
  bool complete_ = false;                                           // every normal entry is known to the last word
  const Line* booted_ = nullptr;
  const Line* next_ = nullptr;
  BootDrift drift_;
};

}  // namespace

BootDrift find_boot_drift(const Host& host) { return DriftFinder(host).find(); }

}  // namespace vfio_doctor
