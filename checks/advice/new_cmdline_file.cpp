// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/new_cmdline_file.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/shell_words.hpp"

namespace vfio_doctor {
namespace {

/// Words that were for one start: in the file they would be for all (systemd(1), kernel command line; dracut.cmdline(7)).
bool is_for_one_start(const KernelArgument& argument) {
  static constexpr auto words = std::to_array<std::string_view>(
      {"single", "s", "S", "1", "emergency", "rescue", "-b", "rd.emergency", "rd.rescue", "rd.break", "break"});
  const auto is_target = [&argument](std::string_view target) { return argument.value && argument.value->starts_with(target); };
  if (argument.name == "systemd.unit" || argument.name == "rd.systemd.unit")
    return is_target("rescue") || is_target("emergency");
  if (argument.name == "init" || argument.name == "rdinit") return argument.value && argument.value->ends_with("sh");
  return (argument.name == "rd.break" || argument.name == "break" || !argument.value) &&
         std::ranges::find(words, argument.name) != words.end();
}

/// The distribution's own line where it was used; nothing where the running one was, or where it is not wholly known.
const BootLine* line_of_packages(const Host& host) {
  const auto* setting = host.boot.find_setting(BootSettingKind::kernel_cmdline);
  const auto* line = setting && is_cmdline_of_packages(*setting) ? setting->line.get() : nullptr;
  return line && line->unknown_part.empty() ? line : nullptr;
}

/// The command line until now without what the boot loader puts there itself, and without `removed`.
std::string line_until_now(const Host& host, const std::string& removed) {
  const auto unwanted = KernelArguments::parse(removed).all();
  std::string line;
  const auto add = [&](const KernelArgument& one) {
    if (one.name == "BOOT_IMAGE" || one.name == "initrd" || one.name == "systemd.machine_id") return;
    if (std::ranges::find(unwanted, one) != unwanted.end()) return;
    const bool blank = one.value && one.value->find(' ') != std::string::npos;
    line += (line.empty() ? "" : " ") + (blank ? one.name + "=\"" + *one.value + "\"" : one.text());
  };
  if (const auto* own = line_of_packages(host)) {
    for (const auto& token : own->tokens) add(token.argument);
  } else if (const auto* arguments = host.kernel.arguments.get()) {
    for (const auto& one : arguments->all()) add(one);
  }
  return line;
}

bool started_to_mend(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  return arguments && std::ranges::any_of(arguments->all(), is_for_one_start);
}

/// Where nothing tells what makes the images, nothing tells what their line is taken from either.
Remedy by_unknown_maker(const std::string& file, const std::string& added, const std::string& removed) {
  return {.text =
              "Nothing here tells which program makes the unified images, and where it takes their command line from (many "
              "take " +
              file + ", which is not there). Look there, " + (added.empty() ? "leave out " + removed : "add " + added) +
              " and keep every other word, root= above all; make the images anew, then reboot.",
          .commands = {},
          .undo = {},
          .risk =
              "Medium: an image whose line lacks root= does not start. Keep another way to start at hand: the fallback "
              "image, an older entry, installation media.",
          .by_hand = true};
}

}  // namespace

bool is_cmdline_of_packages(const BootSetting& setting) { return setting.file == "/usr/lib/kernel/cmdline"; }

Remedy by_new_cmdline_file(const Host& host, ArgumentTool tool, const std::string& added, const std::string& removed) {
  const std::string file = "/etc/kernel/cmdline";
  const auto apply = apply_commands(host, tool);
  if (apply.empty() && tool == ArgumentTool::unified_image && !host.distribution.is_like("gentoo"))
    return by_unknown_maker(file, added, removed);
  auto line = line_until_now(host, removed);
  const std::string source = line_of_packages(host) ? "/usr/lib/kernel/cmdline" : "the running command line";
  Remedy remedy;
  remedy.risk =
      "Medium: what is not in that file is missing at the next start; without root= the host does not boot. Look at the "
      "file before the second step, and keep another way to start at hand: the fallback image, an older entry, "
      "installation media.";
  // sdbootutil puts the root= that it finds there itself.
  const bool no_root =
      tool != ArgumentTool::sdbootutil && line.find("root=") == std::string::npos && line.find("init=") == std::string::npos;
  if (no_root || started_to_mend(host)) {
    remedy.text =
        file +
        (no_root ? " is not there, and what the entries are made from today could not be read. It must first hold the "
                   "whole command line of this host; only then "
                 : " is not there, and the running line, which would be taken, has words for one start alone (rescue, "
                   "emergency, another init). Start the host as usual first; only then ") +
        (added.empty() ? "leave out " + removed : "add " + added) + ".";
    return remedy;
  }
  if (!added.empty()) line += " " + added;
  remedy.text = file + " is not there: until now " + source +
                " was taken, and once the file is there it is used "
                "instead. So write the whole line into it, " +
                (added.empty() ? "without " + removed : "with " + added) + ", carry it to the boot entries, then reboot.";
  remedy.commands = {"sudo mkdir -p /etc/kernel", "echo " + shell_quoted(line) + " | sudo tee " + file};
  remedy.commands.insert(remedy.commands.end(), apply.begin(), apply.end());
  if (apply.empty()) {
    remedy.text += " What installs the kernel here writes the entries: have it do so before the reboot.";
    remedy.by_hand = true;
  }
  remedy.commands.emplace_back(reboot_command);
  remedy.undo = {"sudo rm " + file};
  remedy.undo.insert(remedy.undo.end(), apply.begin(), apply.end());
  remedy.files = {file};
  return remedy;
}

}  // namespace vfio_doctor
