// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_configuration.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"
#include "facts/boot/boot_files.hpp"
#include "facts/boot/boot_settings.hpp"
#include "facts/boot/booted_loader.hpp"
#include "facts/boot/efi_stub.hpp"
#include "facts/boot/grub_config.hpp"
#include "facts/boot/loader_entries.hpp"
#include "facts/boot/other_loaders.hpp"
#include "facts/boot/systemd_boot_menu.hpp"
#include "facts/platform/platform.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t settings_limit = BootFiles::settings_limit;
constexpr std::size_t image_head = 1024 * 1024;  // stubs are about 100 KiB and .cmdline follows them

/// A directory of partitions for kernels, or what lies in them for systemd-boot. Files of other loaders there are nothing to it.
bool hides_entries_of_systemd_boot(const UnreadBootFile& unread) {
  std::string_view file = unread.file;
  for (const std::string_view partition : {"/boot/efi", "/efi", "/boot"})
    if (file == partition || file.starts_with(std::string(partition) + "/")) {
      file.remove_prefix(partition.size());
      return file.empty() || file == "/EFI" || file.starts_with("/EFI/Linux") || file.starts_with("/loader");
    }
  return false;
}

/// Collects everything into one BootConfiguration.
class BootGatherer {
 public:
  explicit BootGatherer(const Root& root) : root_(root) {}

  BootConfiguration gather() {
    find_partitions();
    read_system();
    read_boot_settings(root_, files_, found_);
    read_limine();
    read_grub_environment();
    read_grub_configs();
    read_loader_entries();
    read_unified_images();
    read_refind();
    read_syslinux();
    read_firmware_entry();
    if (found_.grub_config.is_absent() && found_.grub_reads_loader_entries.is_absent() && has_loader_entries_)
      found_.grub_reads_loader_entries = true;  // GRUB with its configuration built in (openSUSE's grub2-bls)
    const auto booted = find_booted_loader(root_, found_);
    found_.loader = booted.loader;
    found_.loader_reason = booted.reason;
    found_.selected_entry = booted.selected_entry;
    if (booted.default_entry) found_.default_entry = booted.default_entry;
    if (found_.loader == BootLoader::grub) mark_grub_default();
    if (found_.loader == BootLoader::systemd_boot) mark_default_of_systemd_boot();
    expand_grub_words();
    if (!menu_in_use_.empty() && found_.loader == BootLoader::grub) found_.loader_reason += menu_in_use_;
    return std::move(found_);
  }

 private:
  /// Where boot files may lie; a directory that this user cannot look into is noted once, not file by file.
  void find_partitions() {
    for (const std::string path : {"/boot/efi", "/efi", "/boot"}) {
      const auto names = root_.list(path);
      if (names.is_unreadable()) files_.note_unread(path, names.why(), names.cause());
      if (names.has_value()) partitions_.push_back(path);
    }
  }
  Observed<std::string> read(const std::string& path, std::size_t limit = Root::default_limit) {
    return files_.read(path, limit);
  }
  std::vector<std::string> list(const std::string& path) { return files_.list(path); }

  void read_system() {
    found_.proxmox = root_.exists("/usr/bin/pveversion") || root_.exists("/etc/pve");
    if (const auto uuids = read("/etc/kernel/proxmox-boot-uuids", settings_limit); uuids.has_value()) {
      found_.proxmox = true;
      found_.proxmox_boot_tool = !trim(*uuids).empty();
    }
    found_.ostree = root_.exists("/run/ostree-booted");
    // Made by ostree_sysroot_stage_tree(), carried out by ostree-finalize-staged.service (src/libostree/ostree-sysroot-deploy.c).
    found_.staged_deployment = root_.exists("/run/ostree/staged-deployment");
    found_.sdbootutil = root_.exists("/usr/bin/sdbootutil");
    const auto id = gather_distribution(root_).id;
    found_.read_only_root = root_.exists("/usr/sbin/transactional-update") ||
                            (id.has_value() && (id->find("microos") != id->npos || id->find("sl-micro") != id->npos ||
                                                id->find("sle-micro") != id->npos));
    if (const auto line = root_.read("/proc/cmdline"); line.has_value())
      found_.ostree |= KernelArguments::parse(*line).last("ostree") != nullptr;
  }

  void read_limine() {
    for (const auto& partition : partitions_)
      for (const auto* name : {"/limine.conf", "/limine/limine.conf", "/EFI/limine/limine.conf", "/limine.cfg"})
        if (const auto text = read(partition + name); text.has_value()) add_entries(parse_limine(*text, partition + name));
  }

  void read_grub_environment() {
    for (const auto* file : {"/boot/grub2/grubenv", "/boot/grub/grubenv"}) {
      const auto text = read(file, settings_limit);
      if (text.has_value()) grub_variables_.read_environment(*text);
      if (text.is_unreadable()) grub_variables_.environment_is_unknown(text.why(), text.cause());
    }
  }

  void read_grub_configs() {
    found_.grub_config = Observed<std::string>::absent();
    for (const auto& partition : partitions_)
      for (const auto& vendor : list(partition + "/EFI"))
        read_esp_grub_config(partition + "/EFI/" + vendor + "/grub.cfg", is_own_directory(vendor));
    if (found_.proxmox_boot_tool) {
      // Its hook in /etc/grub.d writes there that this file is not read (000_proxmox_boot_header of proxmox-kernel-helper).
      files_.note_unread("/boot/grub/grub.cfg",
                         "it is not the menu in use: proxmox-boot-tool keeps that on partitions of its own");
      return;
    }
    for (const auto* file : {"/boot/grub2/grub.cfg", "/boot/grub/grub.cfg"}) {
      const auto text = read(file, 4 * Root::default_limit);
      // Where a BIOS starts the host, the menu there counts for nothing.
      if (text.has_value() && !found_.grub_config.has_value() && !esp_menu_.empty() && root_.exists("/sys/firmware/efi") &&
          is_running(esp_menu_, esp_menu_file_) && !is_running(*text, file)) {
        menu_in_use_ = ", and the menu with the running line is " + esp_menu_file_ + "; " + file + " has no such entry";
        use_grub_config(esp_menu_, esp_menu_file_);
      }
      if (text.has_value() && !found_.grub_config.has_value()) use_grub_config(*text, file);
      if (text.is_unreadable() && !found_.grub_config.has_value()) {
        found_.grub_config = text;
        if (found_.grub_reads_loader_entries.is_absent()) found_.grub_reads_loader_entries = Observed<bool>::like(text);
      }
    }
    if (found_.grub_config.is_absent() && !esp_menu_.empty()) use_grub_config(esp_menu_, esp_menu_file_);
  }

  /// Where the boot loader packages of this distribution put GRUB. Only Fedora, EL and their kin ever keep a
  /// menu there.
  bool is_own_directory(const std::string& vendor) const {
    const auto distribution = gather_distribution(root_);
    const auto name = to_lower(vendor);
    if (!distribution.id.has_value()) return false;
    const bool enterprise = distribution.is_like("rhel") || *distribution.id == "ol";
    return (distribution.is_like("fedora") || enterprise) &&
           (name == *distribution.id || name == (enterprise ? "redhat" : "fedora"));
  }

  /// Whether an entry of this menu has the words of the running line, each and no other: then it is the menu that was used.
  bool is_running(const std::string& text, const std::string& file) const {
    const auto running = root_.read("/proc/cmdline");
    if (!running.has_value()) return false;
    const auto words_of = [](const std::vector<KernelArgument>& arguments) {
      std::set<std::string> words;
      for (const auto& argument : arguments)
        if (argument.name != "BOOT_IMAGE") words.insert(argument.text());
      return words;
    };
    const auto wanted = words_of(KernelArguments::parse(trim(*running)).all());
    auto variables = grub_variables_;
    for (const auto& entry : parse_grub_config(text, file, variables).entries) {
      if (!entry.command_line.has_value() || !entry.command_line->unknown_part.empty()) continue;
      std::vector<KernelArgument> arguments;
      for (const auto& token : entry.command_line->tokens) arguments.push_back(token.argument);
      if (words_of(arguments) == wanted) return true;
    }
    return false;
  }

  void use_grub_config(const std::string& text, const std::string& file) {
    auto config = parse_grub_config(text, file, grub_variables_, beside_grub_config());
    found_.grub_config = file;
    if (config.cut_short) files_.note_unread(file, "too many entries");
    found_.grub_reads_loader_entries = config.reads_loader_entries;
    for (auto& item : config.menu.items)
      if (item.entry) *item.entry += found_.entries.size();
    grub_menu_ = std::move(config.menu);
    add_entries(std::move(config.entries));
  }

  void read_esp_grub_config(const std::string& file, bool own) {
    using Kind = EspGrubConfig::Kind;
    const auto text = read(file, 4 * Root::default_limit);
    if (text.is_absent()) return;
    if (!text.has_value()) {
      found_.esp_grub_configs.push_back({file, Observed<Kind>::like(text), own});
      return;
    }
    GrubVariables ignored;
    const auto config = parse_grub_config(*text, file, ignored);
    const auto kind = config.has_menu ? Kind::full : config.goes_on_elsewhere ? Kind::stub : Kind::other;
    found_.esp_grub_configs.push_back({file, kind, own});
    if (kind != Kind::full) return;
    // The firmware starts the GRUB that lies beside it, which looks no further; up to Fedora 33 and EL 8 that
    // is how UEFI hosts are set up. A menu in /boot beside it counts for nothing.
    if (own && root_.exists("/sys/firmware/efi") && !found_.grub_config.has_value())
      use_grub_config(*text, file);
    else if (esp_menu_.empty())
      esp_menu_ = *text, esp_menu_file_ = file;
  }

  void read_loader_entries() {
    for (const auto& partition : partitions_) {
      const auto directory = partition + "/loader";
      // That of the EFI system partition; a second one, on the partition for kernels, is not read.
      if (const auto text = read(directory + "/loader.conf", settings_limit); text.has_value() && !found_loader_conf_) {
        found_loader_conf_ = true;
        found_.default_entry = default_of_loader_conf(*text);
        prefers_another_ = text->find("\npreferred") != std::string::npos || text->starts_with("preferred");
      }
      for (const auto& name : list(directory + "/entries")) {
        if (!name.ends_with(".conf")) continue;
        const auto file = directory + "/entries/" + name;
        const auto text = read(file, settings_limit);
        // The same partition may be mounted twice.
        if (!text.has_value() || !seen_.insert(name + "\n" + *text).second) continue;
        const auto reader = is_read_by_grub(file) ? EntryReader::grub : EntryReader::systemd_boot;
        auto entry = parse_loader_entry(*text, file, grub_variables_, reader);
        systemd_boot_menu_.add_entry(name, *text, entry ? std::optional(found_.entries.size()) : std::nullopt);
        if (entry) {
          has_loader_entries_ = true;
          found_.kernel_install_entries |= is_written_by_kernel_install(name, *text);
          found_.entries.push_back(std::move(*entry));
        }
      }
    }
  }

  /// The files that a grub.cfg may go on in.
  GrubFiles beside_grub_config() {
    return [this](const std::string& path) { return files_.read(path, Root::default_limit); };
  }

  void mark_grub_default() {
    if (!grub_menu_) return;
    add_loader_entries(*grub_menu_, found_.entries, found_.unread, has_grub_of_fedora());
    if (const auto item = next_of_menu(*grub_menu_, has_grub_of_fedora()))
      if (const auto entry = grub_menu_->items[*item].entry) found_.entries[*entry].starts_next = true;
  }

  bool has_grub_of_fedora() const {
    const auto distribution = gather_distribution(root_);
    return distribution.is_like("fedora") || distribution.is_like("rhel") || distribution.is_like("centos");
  }

  /// blscfg reads a loader entry in its own way; systemd-boot, which may have started this host from the same, in another.
  bool is_read_by_grub(const std::string& file) const {
    if (!found_.grub_reads_loader_entries.is(true) || !file.starts_with("/boot/loader/")) return false;
    const auto running = root_.read("/proc/cmdline");
    return running.has_value() && KernelArguments::parse(*running).last("BOOT_IMAGE");
  }

  /// The variables of the Boot Loader Interface go before loader.conf: `bootctl set-oneshot`, then `bootctl set-default`.
  void mark_default_of_systemd_boot() {
    if (std::ranges::any_of(found_.unread, hides_entries_of_systemd_boot)) systemd_boot_menu_.is_incomplete();
    const auto last_booted = read_loader_variable(root_, "LoaderEntryLastBooted");
    const auto saved = last_booted.has_value() ? last_booted : read_loader_variable(root_, "LoaderEntrySelected");
    std::vector<std::string> wanted;
    for (const auto* name : {"LoaderEntryOneShot", "LoaderEntryDefault"}) {
      const auto entry = read_loader_variable(root_, name);
      if (entry.is_unreadable()) return;
      if (entry.has_value() && !entry->empty()) wanted.push_back(*entry);
    }
    if (found_.default_entry) wanted.push_back(*found_.default_entry);
    for (auto& one : wanted)
      if (to_lower(one) == "@saved") one = saved.has_value() ? *saved : "";
    std::erase(wanted, "");
    found_.default_entry = wanted.empty() ? std::nullopt : std::optional(wanted.front());
    if (prefers_another_ || read_loader_variable(root_, "LoaderEntryPreferred").has_value()) return;
    if (const auto entry = systemd_boot_menu_.next(wanted)) found_.entries[*entry].starts_next = true;
  }

  void read_unified_images() {
    for (const auto& partition : partitions_)
      for (const auto& name : list(partition + "/EFI/Linux")) {
        if (!name.ends_with(".efi") || !seen_.insert(name).second) continue;
        BootEntry entry;
        entry.kind = BootEntryKind::unified_image;
        entry.file = entry.kernel = partition + "/EFI/Linux/" + name;
        entry.id = entry.title = name.substr(0, name.size() - 4);
        const auto head = root_.read_head(entry.file, image_head);
        systemd_boot_menu_.add_image(name, head, found_.entries.size());
        const auto line = head.has_value() ? command_line_of_unified_image(*head) : head;
        entry.command_line = Observed<BootLine>::like(Observed<std::string>::absent());
        if (line.has_value()) entry.command_line = split_boot_line(*line, entry.file, 0);
        if (line.is_unreadable()) entry.command_line = Observed<BootLine>::like(line);
        if (entry.command_line.has_value())
          for (const auto& directory : {entry.file + ".extra.d", partition + "/loader/addons"})
            add_words_of_addons(directory, entry.command_line.value());
        if (to_lower(name).find("fallback") != std::string::npos) entry.role = BootEntryRole::recovery;
        found_.entries.push_back(std::move(entry));
      }
  }

  /// systemd-stub(7): an addon's command line is put behind that of the image, unless Secure Boot refuses it.
  void add_words_of_addons(const std::string& directory, BootLine& line) {
    for (const auto& name : list(directory)) {
      if (!name.ends_with(".addon.efi")) continue;
      const auto file = directory + "/" + name;
      const auto head = root_.read_head(file, image_head);
      const auto words = head.has_value() ? command_line_of_unified_image(*head) : head;
      if (words.is_unreadable()) line.unknown_part = file + ": " + words.why(), line.unknown_cause = words.cause();
      if (!words.has_value()) continue;
      for (auto& token : split_boot_line(*words, file, 0).tokens) line.possible.push_back(std::move(token));
    }
  }

  void read_refind() {
    std::vector<std::string> files = {"/boot/refind_linux.conf"};
    for (const auto& partition : partitions_)  // it lies beside the kernel that it starts
      for (const auto& vendor : list(partition + "/EFI")) files.push_back(partition + "/EFI/" + vendor + "/refind_linux.conf");
    for (const auto& file : files)
      if (const auto text = read(file, settings_limit); text.has_value() && seen_.insert("refind\n" + *text).second)
        add_entries(parse_refind_linux(*text, file));
  }

  void read_syslinux() {
    for (const auto* file : {"/boot/syslinux/syslinux.cfg", "/boot/extlinux/extlinux.conf", "/boot/extlinux.conf"})
      if (const auto text = read(file, settings_limit); text.has_value()) add_entries(parse_syslinux(*text, file));
  }

  /// Words of /etc/default/grub that GRUB itself expands when it starts ("$tuned_params"): what they may come to is possible on
  /// the line, and no word of its own.
  void expand_grub_words() {
    for (auto& setting : found_.settings) {
      if (setting.kind != BootSettingKind::grub_defaults || !setting.line.has_value()) continue;
      auto& line = setting.line.value();
      std::vector<BootToken> kept;
      for (auto& token : line.tokens) {
        if (token.argument.name.find('$') == std::string::npos) {
          kept.push_back(std::move(token));
          continue;
        }
        const auto expanded = expand_grub_line(token.argument.text(), token.file, token.line, grub_variables_);
        for (const auto* part : {&expanded.tokens, &expanded.possible})
          line.possible.insert(line.possible.end(), part->begin(), part->end());
      }
      line.tokens = std::move(kept);
    }
  }

  /// A kernel that the firmware starts itself gets its words from the firmware's own entry.
  void read_firmware_entry() {
    if (auto entry = read_efi_stub_entry(root_)) found_.entries.push_back(std::move(*entry));
  }

  /// Names its files after the machine, which no person does: "4c0d...18-6.12.8-arch1-1.conf"; with another token it still says whose
  /// they are (90-loaderentry.install of systemd: "# File created by /usr/lib/kernel/install.d/90-loaderentry.install").
  static bool is_written_by_kernel_install(const std::string& name, const std::string& text) {
    for (const auto line : split_lines(text))
      if (line.starts_with("# File created by ") && line.find("90-loaderentry.install") != line.npos) return true;
    return name.size() > 33 && name[32] == '-' &&
           std::ranges::all_of(name.substr(0, 32), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  }

  void add_entries(std::vector<BootEntry> entries) { std::ranges::move(entries, std::back_inserter(found_.entries)); }

  const Root& root_;
  BootConfiguration found_;
  BootFiles files_{root_, found_.unread};
  GrubVariables grub_variables_;
  std::string esp_menu_,
      esp_menu_file_;                  // the first full menu on an EFI system partition, unless it is in use
  std::string menu_in_use_;            // a clause, where the menu on the EFI system partition goes before the one in /boot
  std::optional<GrubMenu> grub_menu_;  // of the grub.cfg that is in use
  SystemdBootMenu systemd_boot_menu_;
  bool found_loader_conf_ = false;
  bool prefers_another_ = false;  // systemd 260's setting `preferred`, which goes before and leaves out what failed to start
  std::vector<std::string> partitions_;
  std::set<std::string> seen_;  // files already read, by name and content
  bool has_loader_entries_ = false;
};

}  // namespace

bool is_id_of(const std::string& id, const BootEntry& entry) {
  const auto given = to_lower(id), own = to_lower(entry.id);
  return given == own || given == own + ".conf" || given == own + ".efi";
}

const BootSetting* BootConfiguration::find_setting(BootSettingKind kind) const {
  for (const auto& setting : settings)
    if (setting.kind == kind) return &setting;
  return nullptr;
}

BootConfiguration gather_boot_configuration(const Root& root) { return BootGatherer(root).gather(); }

}  // namespace vfio_doctor
