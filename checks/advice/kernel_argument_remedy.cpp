// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/kernel_argument_remedy.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/grub_layout.hpp"

namespace vfio_doctor {
namespace {

/// What a person uses on this host to change the kernel command line.
enum class ArgumentTool {
  unknown,
  grubby,
  rpm_ostree,
  update_grub,    ///< Debian's GRUB: drop-ins below /etc/default/grub.d
  grub_mkconfig,  ///< everybody else's GRUB: /etc/default/grub
  proxmox_boot_tool,
  sdbootutil,
  kernelstub,
  nixos,
  loader_entry,  ///< hand-written entries of systemd-boot
  unified_image,
  limine,
  refind,
};

enum class Change { add, remove };

constexpr auto risk =
    "Low. A wrong argument is ignored or, seldom, keeps the host from booting; then press 'e' in the boot "
    "menu and "
    "edit the line for one boot.";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.,:=/@%+-").find(c) != std::string_view::npos;
}

std::string shell_quoted(const std::string& text) {
  if (!text.empty() && std::ranges::all_of(text, is_plain)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

bool is_fedora_like(const Distribution& distribution) {
  return distribution.is_like("fedora") || distribution.is_like("rhel") || distribution.is_like("centos");
}

bool is_suse_like(const Distribution& distribution) {
  return distribution.is_like("suse") || distribution.is_like("opensuse") ||
         (distribution.id.has_value() && distribution.id->starts_with("opensuse"));
}

bool is_atomic(const Host& host) {
  static constexpr std::string_view variants[] = {
      "silverblue", "kinoite", "sericea", "onyx", "coreos", "iot", "cosmic-atomic", "bazzite", "bluefin"};
  return host.boot.ostree || std::ranges::find(variants, host.distribution.variant_id) != std::end(variants);
}

ArgumentTool tool_of_loader(const Host& host) {
  switch (host.boot.loader) {
    case BootLoader::grub:
      return ArgumentTool::grub_mkconfig;
    case BootLoader::systemd_boot:
      return ArgumentTool::loader_entry;
    case BootLoader::limine:
      return ArgumentTool::limine;
    case BootLoader::refind:
      return ArgumentTool::refind;
    case BootLoader::unified_image:
      return ArgumentTool::unified_image;
    case BootLoader::unknown:
      break;
  }
  // Nothing says what booted this host; a GRUB configuration with nothing beside it is answer enough.
  const bool other_entries = std::ranges::any_of(
      host.boot.entries, [](const BootEntry& entry) { return entry.kind != BootEntryKind::grub_menu; });
  const bool grub =
      host.boot.grub_config.has_value() || host.boot.find_setting(BootSettingKind::grub_defaults);
  return grub && !other_entries ? ArgumentTool::grub_mkconfig : ArgumentTool::unknown;
}

/// The tool of the distribution where it has one for every boot loader, else that of the boot loader.
ArgumentTool tool_of(const Host& host) {
  const auto& distribution = host.distribution;
  const auto& boot = host.boot;
  if (distribution.is_like("nixos")) return ArgumentTool::nixos;
  if (is_atomic(host)) return is_fedora_like(distribution) ? ArgumentTool::rpm_ostree : ArgumentTool::unknown;
  if (is_fedora_like(distribution) && (boot.loader == BootLoader::grub || boot.loader == BootLoader::unknown))
    return ArgumentTool::grubby;
  if (boot.find_setting(BootSettingKind::kernelstub) && boot.loader != BootLoader::grub)
    return ArgumentTool::kernelstub;
  if (boot.proxmox && boot.loader != BootLoader::grub && boot.find_setting(BootSettingKind::kernel_cmdline))
    return ArgumentTool::proxmox_boot_tool;
  if (is_suse_like(distribution) && boot.find_setting(BootSettingKind::kernel_cmdline))
    return ArgumentTool::sdbootutil;
  const auto tool = tool_of_loader(host);
  return tool == ArgumentTool::grub_mkconfig && (boot.proxmox || distribution.is_like("debian"))
             ? ArgumentTool::update_grub
             : tool;
}

std::string mkconfig_command(const Host& host) {
  const bool grub2 = host.boot.grub_config.has_value() ? host.boot.grub_config->starts_with("/boot/grub2/")
                                                       : is_suse_like(host.distribution);
  return grub2 ? "sudo grub2-mkconfig -o /boot/grub2/grub.cfg" : "sudo grub-mkconfig -o /boot/grub/grub.cfg";
}

std::vector<std::string> apply_commands(const Host& host, ArgumentTool tool) {
  switch (tool) {
    case ArgumentTool::update_grub:
      return {"sudo update-grub"};
    case ArgumentTool::grub_mkconfig:
      return {mkconfig_command(host)};
    case ArgumentTool::proxmox_boot_tool:
      return {"sudo proxmox-boot-tool refresh"};
    case ArgumentTool::sdbootutil:
      return {"sudo sdbootutil update-all-entries"};
    case ArgumentTool::nixos:
      return {"sudo nixos-rebuild boot"};
    case ArgumentTool::unified_image:
      return host.distribution.is_like("arch") ? std::vector<std::string>{"sudo mkinitcpio -P"}
                                               : std::vector<std::string>{"sudo kernel-install add-all"};
    case ArgumentTool::limine:
      return host.boot.find_setting(BootSettingKind::limine_defaults)
                 ? std::vector<std::string>{"sudo limine-update"}
                 : std::vector<std::string>{};
    default:
      return {};
  }
}

/// True for the entry that starts next, or, where no file says which that is, the one that was started.
bool is_named(const Host& host, const BootEntry& entry) {
  const auto& name = host.boot.default_entry ? host.boot.default_entry : host.boot.selected_entry;
  return name && (*name == entry.id || *name == entry.id + ".conf");
}

/// The file a person edits; `argument` is looked up in what was read, so that the file that holds it is
/// named.
std::string file_to_edit(const Host& host, ArgumentTool tool, Change change, const std::string& argument) {
  const auto parsed = KernelArguments::parse(argument).all();
  const auto place_in = [&](const BootLine& line) -> std::string {
    for (const auto& token : line.tokens)
      if (!parsed.empty() && token.argument == parsed.front()) return token.file;
    return {};
  };
  const auto in_setting = [&](BootSettingKind kind, const std::string& otherwise) {
    const auto* setting = host.boot.find_setting(kind);
    if (!setting) return otherwise;
    const auto place = setting->line.has_value() ? place_in(*setting->line) : std::string();
    return place.empty() ? setting->file : place;
  };
  const auto in_entries = [&](BootEntryKind kind, const std::string& otherwise) {
    const BootEntry* first = nullptr;
    for (const auto& entry : host.boot.entries) {
      if (entry.kind != kind || entry.role == BootEntryRole::recovery) continue;
      const bool has_it = entry.command_line.has_value() && !place_in(*entry.command_line).empty();
      if (change == Change::remove && has_it) return entry.file;
      if (change == Change::add && has_it) continue;
      if (!first || is_named(host, entry)) first = &entry;
    }
    return first ? first->file : otherwise;
  };
  switch (tool) {
    case ArgumentTool::update_grub:
    case ArgumentTool::grub_mkconfig:
      return in_setting(BootSettingKind::grub_defaults, "/etc/default/grub");
    case ArgumentTool::proxmox_boot_tool:
    case ArgumentTool::sdbootutil:
    case ArgumentTool::unified_image:
      return in_setting(BootSettingKind::kernel_cmdline, "/etc/kernel/cmdline");
    case ArgumentTool::loader_entry:
      return in_entries(BootEntryKind::loader_entry, "/boot/loader/entries/*.conf");
    case ArgumentTool::limine:
      return host.boot.find_setting(BootSettingKind::limine_defaults)
                 ? in_setting(BootSettingKind::limine_defaults, "/etc/default/limine")
                 : in_entries(BootEntryKind::limine, "/boot/limine.conf");
    case ArgumentTool::refind:
      return in_entries(BootEntryKind::refind, "/boot/refind_linux.conf");
    case ArgumentTool::nixos:
      return "/etc/nixos/configuration.nix";
    default:
      return {};
  }
}

/// Where in that file the argument goes, as the end of a sentence.
std::string spot_in_file(ArgumentTool tool) {
  switch (tool) {
    case ArgumentTool::update_grub:
    case ArgumentTool::grub_mkconfig:
      return "inside the quotes of GRUB_CMDLINE_LINUX_DEFAULT=";
    case ArgumentTool::proxmox_boot_tool:
    case ArgumentTool::sdbootutil:
    case ArgumentTool::unified_image:
      return "at the end of its one line";
    case ArgumentTool::loader_entry:
      return "at the end of the line that starts with 'options'";
    case ArgumentTool::limine:
      return "at the end of the kernel command line";
    case ArgumentTool::refind:
      return "inside the second pair of quotes of each line";
    case ArgumentTool::nixos:
      return "in the list boot.kernelParams";
    default:
      return {};
  }
}

/// One command changes the argument everywhere; another takes it back.
Remedy by_command(Change change, const std::string& argument, const std::string& add,
                  const std::string& remove, const std::string& where) {
  const bool adds = change == Change::add;
  return {
      .text = (adds ? "Add " : "Remove ") + argument + (adds ? " to " : " from ") + where + ", then reboot.",
      .commands = {adds ? add : remove, "sudo systemctl reboot"},
      .undo = {adds ? remove : add, "sudo systemctl reboot"},
      .risk = risk};
}

/// Debian's grub-mkconfig reads drop-ins, so an argument gets a file of its own that is removed as easily.
Remedy by_drop_in(const std::string& argument) {
  std::string name;
  for (const char c : argument.substr(0, argument.find('=')).substr(0, 40))
    name += is_plain(c) && c != '/' && c != '=' ? c : '_';
  const auto file = "/etc/default/grub.d/90-" + name + ".cfg";
  const auto line = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + argument + "\"";
  return {.text = "Add " + argument + " to the GRUB settings, write the boot menu anew, then reboot.",
          .commands = {"echo " + shell_quoted(line) + " | sudo tee " + file, "sudo update-grub",
                       "sudo systemctl reboot"},
          .undo = {"sudo rm " + file, "sudo update-grub", "sudo systemctl reboot"},
          .risk = risk};
}

Remedy by_editing(const Host& host, ArgumentTool tool, Change change, const std::string& argument) {
  const auto file = file_to_edit(host, tool, change, argument);
  const auto shown = tool == ArgumentTool::nixos ? "\"" + argument + "\"" : argument;
  Remedy remedy;
  remedy.text = change == Change::add ? "Open " + file + " and add " + shown + " " + spot_in_file(tool)
                                      : "Open " + file + " and delete " + shown + " wherever it stands";
  remedy.commands.push_back("sudoedit " + file);
  const auto apply = apply_commands(host, tool);
  remedy.commands.insert(remedy.commands.end(), apply.begin(), apply.end());
  remedy.commands.emplace_back("sudo systemctl reboot");
  remedy.text += apply.empty() ? "; then reboot." : "; carry the change to the boot entries; then reboot.";
  remedy.undo = remedy.commands;  // the same way back: edit, apply, reboot
  remedy.risk = risk;
  return remedy;
}

Remedy change_kernel_argument(const Host& host, Change change, const std::string& argument) {
  const auto quoted = shell_quoted(argument);
  switch (const auto tool = tool_of(host)) {
    case ArgumentTool::grubby:
      return by_command(change, argument, "sudo grubby --update-kernel=ALL --args=" + quoted,
                        "sudo grubby --update-kernel=ALL --remove-args=" + quoted, "all boot entries");
    case ArgumentTool::rpm_ostree:
      return by_command(change, argument, "sudo rpm-ostree kargs --append-if-missing=" + quoted,
                        "sudo rpm-ostree kargs --delete-if-present=" + quoted, "the next deployment");
    case ArgumentTool::kernelstub:
      return by_command(change, argument, "sudo kernelstub -a " + quoted, "sudo kernelstub -d " + quoted,
                        "the boot entries");
    case ArgumentTool::update_grub:
      // The drop-in is run by a shell: an argument that a shell would read in its own way goes in by hand.
      return change == Change::add && std::ranges::all_of(argument, is_plain)
                 ? by_drop_in(argument)
                 : by_editing(host, tool, change, argument);
    case ArgumentTool::unknown:
      return {
          .text =
              (change == Change::add ? "Add " : "Remove ") + argument +
              (change == Change::add ? " to" : " from") +
              " the kernel command line in your boot loader's configuration, then reboot. Which boot loader "
              "started this host is not known (" +
              (host.boot.loader_reason.empty() ? "no trace of one was found" : host.boot.loader_reason) +
              "), so no command is given.",
          .commands = {},
          .undo = {},
          .risk = risk};
    default:
      return by_editing(host, tool, change, argument);
  }
}

}  // namespace

Remedy add_kernel_argument(const Host& host, const std::string& argument) {
  return change_kernel_argument(host, Change::add, argument);
}

Remedy remove_kernel_argument(const Host& host, const std::string& argument) {
  return change_kernel_argument(host, Change::remove, argument);
}

bool kernel_argument_command_changes_entries(const Host& host) {
  const auto tool = tool_of(host);
  return tool == ArgumentTool::kernelstub || tool == ArgumentTool::rpm_ostree ||
         (tool == ArgumentTool::grubby && host.boot.grub_reads_loader_entries.is(true));
}

std::vector<std::string> apply_boot_settings_commands(const Host& host) {
  const auto tool = tool_of(host);
  if (tool != ArgumentTool::grubby) return apply_commands(host, tool);
  // A full menu on the EFI system partition is in its place only where no pointer belongs there.
  const auto& config = host.boot.grub_config;
  const bool real = config.has_value() && !expects_grub_stub(host.distribution);
  const auto command = "sudo grub2-mkconfig -o " + (real ? *config : "/boot/grub2/grub.cfg");
  // GRUB's defaults reach existing entries only when asked to (EL 9.3 and later, Fedora).
  return {host.boot.grub_reads_loader_entries.is(true) ? command + " --update-bls-cmdline" : command};
}

}  // namespace vfio_doctor
