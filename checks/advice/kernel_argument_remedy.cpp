// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/kernel_argument_remedy.hpp"

#include <algorithm>
#include <functional>

#include "base/text.hpp"
#include "checks/advice/argument_tool.hpp"
#include "checks/advice/grub_drop_in.hpp"
#include "checks/advice/grub_layout.hpp"
#include "checks/advice/new_cmdline_file.hpp"
#include "checks/advice/plain_edit.hpp"
#include "checks/advice/shell_words.hpp"

namespace vfio_doctor {
namespace {

enum class Change { add, remove };

constexpr auto risk =
    "Low. A wrong argument is ignored or, seldom, keeps the host from booting; then press 'e' in the boot "
    "menu and "
    "edit the line for one boot.";

std::string risk_of(ArgumentTool tool) {
  if (tool != ArgumentTool::unified_image && tool != ArgumentTool::dracut_images) return risk;
  // its line cannot be edited in a menu, and started by the firmware it has none
  return "Low. A wrong argument is ignored or, seldom, keeps the host from booting; then start the fallback image, or "
         "installation media: the line of such an image cannot be edited in a menu.";
}

/// True for the entry that starts next, or, where no file says which that is, the one that was started.
bool is_named(const Host& host, const BootEntry& entry) {
  const auto& name = host.boot.default_entry ? host.boot.default_entry : host.boot.selected_entry;
  return name && is_id_of(*name, entry);
}

/// Every entry that is not for recovery and has the argument, or lacks it, by its file; the one that starts next first.
std::vector<std::string> files_of_entries(const Host& host, BootEntryKind kind, Change change,
                                          const std::function<std::string(const BootLine&)>& place_in) {
  std::vector<std::string> files;
  for (const auto& entry : host.boot.entries) {
    if (entry.kind != kind || entry.role == BootEntryRole::recovery) continue;
    const bool has_it = entry.command_line.has_value() && !place_in(*entry.command_line).empty();
    if (has_it != (change == Change::remove)) continue;
    if (std::ranges::find(files, entry.file) != files.end()) continue;
    files.insert(is_named(host, entry) ? files.begin() : files.end(), entry.file);
  }
  if (files.empty())  // every entry is as wanted; still the file is where it stands
    for (const auto& entry : host.boot.entries)
      if (entry.kind == kind && std::ranges::find(files, entry.file) == files.end()) files.push_back(entry.file);
  constexpr std::size_t most_files = 8;
  if (files.size() > most_files) files.resize(most_files);
  return files;
}

/// The files a person edits; `argument` is looked up in what was read, so that what holds it is
/// named.
std::vector<std::string> files_to_edit(const Host& host, ArgumentTool tool, Change change, const std::string& argument) {
  const auto parsed = KernelArguments::parse(argument).all();
  const auto place_in = [&](const BootLine& line) -> std::string {
    for (const auto& token : line.tokens)
      if (!parsed.empty() && token.argument == parsed.front()) return token.file;
    return {};
  };
  using Files = std::vector<std::string>;
  const auto in_setting = [&](BootSettingKind kind, const std::string& otherwise) -> Files {
    const auto* setting = host.boot.find_setting(kind);
    if (!setting) return {otherwise};
    const auto place = setting->line.has_value() ? place_in(*setting->line) : std::string();
    return {place.empty() ? setting->file : place};
  };
  const auto in_entries = [&](BootEntryKind kind, const std::string& otherwise) {
    auto files = files_of_entries(host, kind, change, place_in);
    return files.empty() ? Files{otherwise} : files;
  };
  switch (tool) {
    case ArgumentTool::update_grub:
    case ArgumentTool::grub_mkconfig:
    case ArgumentTool::transactional:
      return in_setting(BootSettingKind::grub_defaults, "/etc/default/grub");
    case ArgumentTool::sdboot_manage:
      return in_setting(BootSettingKind::sdboot_manage, "/etc/sdboot-manage.conf");
    case ArgumentTool::update_extlinux:
      return {"/etc/update-extlinux.conf"};
    case ArgumentTool::syslinux:
      return in_entries(BootEntryKind::syslinux, "/boot/syslinux/syslinux.cfg");
    case ArgumentTool::proxmox_boot_tool:
    case ArgumentTool::sdbootutil:
    case ArgumentTool::kernel_install:
    case ArgumentTool::unified_image:
    case ArgumentTool::dracut_images:
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
      return {"/etc/nixos/configuration.nix"};
    default:
      return {};
  }
}

/// One command changes the argument everywhere; another takes it back.
Remedy by_command(Change change, const std::string& argument, const std::string& add, const std::string& remove,
                  const std::string& where) {
  const bool adds = change == Change::add;
  return {.text = (adds ? "Add " : "Remove ") + argument + (adds ? " to " : " from ") + where + ", then reboot.",
          .commands = {adds ? add : remove, reboot_command},
          .undo = {adds ? remove : add, reboot_command},
          .risk = risk};
}

/// Debian's grub-mkconfig reads drop-ins, so an argument gets a file of its own that is removed as easily.
Remedy by_drop_in(const std::string& file, const std::string& argument, const std::string& apply) {
  const auto line = "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " + argument + "\"";
  return {.text = "Add " + argument + " to the GRUB settings, write the boot menu anew, then reboot.",
          .commands = {"echo " + shell_quoted(line) + " | sudo tee " + file, apply, reboot_command},
          .undo = {"sudo rm " + file, apply, reboot_command},
          .risk = risk,
          .files = {file}};
}

/// The firmware keeps the words in a variable, which is made anew and not edited. No command makes it here: the disk, the
/// partition and the kernel's path are to be taken from the old entry, and a wrong one does not start.
Remedy by_firmware_entry(const Host& host, Change change, const std::string& argument) {
  std::string name, line;
  for (const auto& entry : host.boot.entries)
    if (entry.kind == BootEntryKind::firmware && name.empty()) name = entry.id + " (" + entry.title + ")";
  const auto unwanted = KernelArguments::parse(argument).all();
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& one : arguments->all()) {
      if (one.text().starts_with('\\')) continue;  // the kernel's path
      if (std::ranges::find(unwanted, one) == unwanted.end()) line += (line.empty() ? "" : " ") + one.text();
    }
  if (change == Change::add) line += (line.empty() ? "" : " ") + argument;
  return {.text = "No boot loader: the firmware starts the kernel with the words of its own boot entry" +
                  (name.empty() ? "" : " " + name) +
                  ". Make a second entry with the same disk, partition and kernel and with this whole line after --unicode: " +
                  line + ". Start it once (efibootmgr --bootnext NUMBER), and put it first only when it has started.",
          .commands = {"sudo efibootmgr --verbose"},
          .undo = {},
          .risk =
              "Medium: an entry that lacks root= or initrd= does not start; keep the old one, which the firmware's boot menu "
              "offers.",
          .by_hand = true};
}

/// Of unified images nothing tells which tool makes them.
bool is_carried_by_hand(ArgumentTool tool, const std::vector<std::string>& apply) {
  return apply.empty() &&
         (tool == ArgumentTool::unified_image || tool == ArgumentTool::dracut_images || tool == ArgumentTool::kernel_install);
}

std::string way_on(const Host& host, ArgumentTool tool, const std::vector<std::string>& apply) {
  if (is_carried_by_hand(tool, apply))
    return tool == ArgumentTool::dracut_images
               ? "; make the unified images anew with dracut, the way it is run here; then reboot."
           : tool == ArgumentTool::kernel_install || host.distribution.is_like("gentoo")
               ? "; have the kernel installed anew by what installs it here (emerge --config of its package, make install), "
                 "which writes the entries; then reboot."
               : "; make the unified images anew with the tool that makes them here, which is not known; then reboot.";
  return apply.empty() ? "; then reboot." : "; carry the change to the boot entries; then reboot.";
}

/// The boot entries are made of the system's configuration, and nothing below /etc that a person edits is asked. Which file of a
/// configuration has the list, only its owner knows: configuration.nix, or a module of a flake.
Remedy by_configuration_of_nixos(const Host& host, Change change, const std::string& shown) {
  const auto apply = apply_commands(host, ArgumentTool::nixos);
  Remedy remedy;
  remedy.text =
      "In the NixOS configuration of this host (/etc/nixos/configuration.nix, or the module of a flake that has the list) " +
      std::string(change == Change::add ? "add " : "delete ") + shown +
      (change == Change::add ? " to the list boot.kernelParams" : " wherever it stands") +
      "; make a new generation of it (with a flake elsewhere: --flake DIRECTORY); then reboot.";
  remedy.commands = apply;
  remedy.commands.emplace_back(reboot_command);
  remedy.undo = {"sudo nixos-rebuild boot --rollback", reboot_command};
  remedy.by_hand = true;
  remedy.risk =
      "Low. A wrong argument is ignored or, seldom, keeps the host from booting; then start the generation before it, "
      "which the boot menu offers.";
  return remedy;
}

Remedy by_editing(const Host& host, ArgumentTool tool, Change change, const std::string& argument) {
  const bool from_cmdline_file = tool == ArgumentTool::unified_image || tool == ArgumentTool::kernel_install ||
                                 tool == ArgumentTool::sdbootutil || tool == ArgumentTool::proxmox_boot_tool;
  const auto* cmdline = host.boot.find_setting(BootSettingKind::kernel_cmdline);
  if (from_cmdline_file && (!cmdline || is_cmdline_of_packages(*cmdline)))
    return change == Change::add ? by_new_cmdline_file(host, tool, argument, {})
                                 : by_new_cmdline_file(host, tool, {}, argument);
  const auto files = files_to_edit(host, tool, change, argument);
  auto shown = argument;
  if (tool == ArgumentTool::nixos) {  // a list of texts
    shown.clear();
    for (const auto word : split_words(argument)) shown += (shown.empty() ? "" : " ") + ("\"" + std::string(word) + "\"");
  }
  // /etc/nixos/flake.nix goes before the file where it is there, and names others (nixos-rebuild(8)).
  if (tool == ArgumentTool::nixos) return by_configuration_of_nixos(host, change, shown);
  const bool of_ukify = files.size() == 1 && files[0].ends_with("/uki.conf");
  Remedy remedy;
  remedy.text = change == Change::add ? "Open " + join(files, " and ") + " and add " + shown + " " +
                                            (of_ukify ? "at the end of its line Cmdline=" : spot_in_file(tool))
                                      : "Open " + join(files, " and ") + " and delete " + shown + " wherever it stands";
  // What a directory's files are called is not this program's word; the one pattern is.
  for (const auto& file : files)
    remedy.commands.push_back("sudoedit " + (file.ends_with("/entries/*.conf") ? file : shell_quoted(file)));
  const auto apply = apply_commands(host, tool);
  remedy.commands.insert(remedy.commands.end(), apply.begin(), apply.end());
  remedy.commands.emplace_back(reboot_command);
  remedy.text += way_on(host, tool, apply);
  remedy.text += warning_of_missing_root(host);
  remedy.undo = remedy.commands;  // the same way back: edit, apply, reboot
  remedy.by_hand = true;
  remedy.risk = risk_of(tool);
  return remedy;
}

/// Lines that stand in a form that is known are exchanged by commands, in one edit for all arguments.
std::optional<Remedy> by_exchanging_lines(const Host& host, ArgumentTool tool, const std::vector<std::string>& added,
                                          const std::vector<std::string>& removed) {
  auto edit = plain_edit(host, tool, added, removed);
  if (!edit) return std::nullopt;
  Remedy remedy;
  if (!removed.empty()) remedy.text = "Remove " + join(removed, " ") + (added.empty() ? " from " : ", and ");
  if (!added.empty())
    remedy.text += (removed.empty() ? "Add " : "add ") + join(added, " ") + (removed.empty() ? " to " : ", in ");
  remedy.text += join(edit->places, " and ");
  const auto apply = apply_commands(host, tool);
  remedy.text += way_on(host, tool, apply);
  remedy.by_hand = is_carried_by_hand(tool, apply);
  for (auto* commands : {&edit->commands, &edit->undo}) {
    commands->insert(commands->end(), apply.begin(), apply.end());
    commands->emplace_back(reboot_command);
  }
  remedy.commands = std::move(edit->commands);
  remedy.undo = std::move(edit->undo);
  remedy.files = std::move(edit->files);
  remedy.risk = risk_of(tool);
  return remedy;
}

std::vector<std::string> words_of(const std::string& arguments) {
  std::vector<std::string> words;
  for (const auto word : split_words(arguments)) words.emplace_back(word);
  return words;
}

std::string each_word(const std::string& option, const std::string& arguments) {
  std::string text;
  for (const auto word : split_words(arguments)) text += option + shell_quoted(std::string(word));
  return text;
}

/// What a change of the command line may touch besides `more`: the settings, the entries and the menu that are there now.
std::vector<std::string> boot_files(const Host& host, std::vector<std::string> more) {
  const auto add = [&more](const std::string& file) {
    if (!file.empty() && std::ranges::find(more, file) == more.end()) more.push_back(file);
  };
  for (const auto& setting : host.boot.settings) add(setting.file);
  for (const auto& entry : host.boot.entries)
    if (entry.kind == BootEntryKind::loader_entry) add(entry.file);
  if (const auto* menu = host.boot.grub_config.get()) add(*menu);
  if (argument_tool(host) == ArgumentTool::grubby) add("/boot/grub2/grubenv");  // EL 8 keeps the words of all entries there
  constexpr std::size_t most_files = 64;
  if (more.size() > most_files) more.resize(most_files);
  return more;
}

/// `exchange`: lines may be exchanged by commands; where a person edits the same file besides, the two would be in each other's way.
Remedy change_kernel_argument(const Host& host, Change change, const std::string& argument, bool exchange = true) {
  const auto quoted = shell_quoted(argument);
  const auto edit = [&](ArgumentTool tool) {
    const std::vector<std::string> words = words_of(argument), none;
    const bool adds = change == Change::add;
    auto remedy = exchange ? by_exchanging_lines(host, tool, adds ? words : none, adds ? none : words) : std::nullopt;
    return remedy ? std::move(*remedy) : by_editing(host, tool, change, argument);
  };
  switch (const auto tool = argument_tool(host)) {
    case ArgumentTool::grubby:
      return by_command(change, argument, "sudo grubby --update-kernel=ALL --args=" + quoted,
                        "sudo grubby --update-kernel=ALL --remove-args=" + quoted, "all boot entries");
    case ArgumentTool::rpm_ostree:
      return by_command(change, argument, "sudo rpm-ostree kargs" + each_word(" --append-if-missing=", argument),
                        "sudo rpm-ostree kargs" + each_word(" --delete-if-present=", argument),
                        host.boot.staged_deployment
                            ? "the deployment that is staged (`rpm-ostree kargs` prints its line; where "
                              "that is as wanted already, only the reboot is left)"
                            : "the next deployment");
    case ArgumentTool::kernelstub:
      return by_command(change, argument, "sudo kernelstub -a " + quoted, "sudo kernelstub -d " + quoted, "the boot entries");
    case ArgumentTool::update_grub: {
      // The drop-in is run by a shell: an argument that a shell would read in its own way goes in by hand.
      const bool plain = std::ranges::all_of(argument, [](char c) { return is_plain_in_shell(c) || c == ' '; });
      const auto file = change == Change::add && plain ? drop_in_for(host, argument) : std::string();
      return file.empty() ? edit(tool) : by_drop_in(file, argument, apply_commands(host, tool).front());
    }
    case ArgumentTool::efi_stub:
      return by_firmware_entry(host, change, argument);
    case ArgumentTool::unknown:
      return {.text = (change == Change::add ? "Add " : "Remove ") + argument + (change == Change::add ? " to" : " from") +
                      " the kernel command line in your boot loader's configuration, then reboot. " + why_no_tool(host) +
                      ", so no command is given.",
              .commands = {},
              .undo = {},
              .risk = risk};
    default:
      return edit(tool);
  }
}

Remedy finished(const Host& host, Remedy remedy, const std::string& added, const std::string& removed) {
  remedy.adds_arguments = words_of(added);
  remedy.removes_arguments = words_of(removed);
  remedy.files = boot_files(host, std::move(remedy.files));
  return remedy;
}

}  // namespace

Remedy add_kernel_argument(const Host& host, const std::string& argument) {
  return finished(host, change_kernel_argument(host, Change::add, argument), argument, {});
}

Remedy remove_kernel_argument(const Host& host, const std::string& argument) {
  return finished(host, change_kernel_argument(host, Change::remove, argument), {}, argument);
}

Remedy change_kernel_arguments(const Host& host, const std::vector<std::string>& added,
                               const std::vector<std::string>& removed) {
  if (removed.empty()) return added.empty() ? Remedy() : add_kernel_argument(host, join(added, " "));
  const auto all_added = join(added, " "), all_removed = join(removed, " ");
  if (added.empty()) return remove_kernel_argument(host, all_removed);
  const bool drop_in = argument_tool(host) == ArgumentTool::update_grub;  // what is added has a file of its own
  if (auto remedy = drop_in ? std::nullopt : by_exchanging_lines(host, argument_tool(host), added, removed))
    return finished(host, std::move(*remedy), all_added, all_removed);
  auto first = finished(host, change_kernel_argument(host, Change::remove, all_removed, drop_in), {}, all_removed);
  auto both = finished(host, change_kernel_argument(host, Change::add, all_added, false), all_added, {});
  // What the two have in common (the menu written anew, the start) is done once, at the end.
  const auto put_before = [](std::vector<std::string>& later, const std::vector<std::string>& earlier) {
    std::vector<std::string> all;
    for (const auto& command : earlier)
      if (std::ranges::find(later, command) == later.end()) all.push_back(command);
    all.insert(all.end(), later.begin(), later.end());
    later = std::move(all);
  };
  put_before(both.commands, first.commands);
  put_before(first.undo, both.undo);
  both.undo = std::move(first.undo);
  put_before(both.files, first.files);
  both.text = first.text + " In the same edit: " + both.text;
  both.by_hand |= first.by_hand;
  both.removes_arguments = std::move(first.removes_arguments);
  return both;
}

Remedy remove_kernel_argument_options(const Host& host, const KernelArgument& argument,
                                      const std::vector<std::string>& options) {
  std::string kept;
  if (argument.value)
    for (const auto option : split(*argument.value, ','))
      if (std::ranges::find(options, option) == options.end()) kept += (kept.empty() ? "" : ",") + std::string(option);
  if (kept.empty()) return remove_kernel_argument(host, argument.text());
  return change_kernel_arguments(host, {argument.name + "=" + kept}, {argument.text()});
}

std::vector<std::string> files_of_boot_settings(const Host& host) { return boot_files(host, {}); }

std::string warning_of_missing_root(const Host& host) {
  const auto root = missing_root(host, argument_tool(host));
  if (root.empty()) return {};
  const bool other = std::ranges::any_of(host.boot.settings, [](const BootSetting& setting) {
    return setting.line.has_value() &&
           std::ranges::any_of(setting.line->tokens, [](const BootToken& token) { return token.argument.name == "root"; });
  });
  if (other)
    return " Look at its root= first: the running kernel was given " + root +
           ", and what is made of a wrong one does not start.";
  return " Put " + root +
         " there too, which the running kernel was given and the settings lack: what is made of them without it does not "
         "start.";
}

bool kernel_argument_command_changes_entries(const Host& host) {
  const auto tool = argument_tool(host);
  return tool == ArgumentTool::kernelstub || tool == ArgumentTool::rpm_ostree ||
         (tool == ArgumentTool::grubby && host.boot.grub_reads_loader_entries.is(true));
}

std::vector<std::string> apply_boot_settings_commands(const Host& host) {
  const auto tool = argument_tool(host);
  if (tool != ArgumentTool::grubby) return apply_commands(host, tool);
  // A full menu on the EFI system partition is in its place only where no pointer belongs there.
  const auto& config = host.boot.grub_config;
  const bool real = config.has_value() && !expects_grub_stub(host.distribution);
  const auto command = "sudo grub2-mkconfig -o " + (real ? *config : "/boot/grub2/grub.cfg");
  // GRUB's defaults reach existing entries only when asked to (EL 9.3 and later, Fedora).
  return {host.boot.grub_reads_loader_entries.is(true) ? command + " --update-bls-cmdline" : command};
}

}  // namespace vfio_doctor
