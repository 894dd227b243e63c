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

/// The running command line without what the boot loader puts there itself, and without `removed`.
std::string running_line(const Host& host, const std::string& removed) {
  const auto unwanted = KernelArguments::parse(removed).all();
  std::string line;
  if (const auto* arguments = host.kernel.arguments.get())
    for (const auto& one : arguments->all()) {
      if (one.name == "BOOT_IMAGE" || one.name == "initrd" || one.name == "systemd.machine_id") continue;
      if (std::ranges::find(unwanted, one) != unwanted.end()) continue;
      const bool blank = one.value && one.value->find(' ') != std::string::npos;
      line += (line.empty() ? "" : " ") + (blank ? one.name + "=\"" + *one.value + "\"" : one.text());
    }
  return line;
}

bool started_to_mend(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  return arguments && std::ranges::any_of(arguments->all(), is_for_one_start);
}

}  // namespace

Remedy by_new_cmdline_file(const Host& host, ArgumentTool tool, const std::string& added, const std::string& removed) {
  const std::string file = "/etc/kernel/cmdline";
  auto line = running_line(host, removed);
  Remedy remedy;
  remedy.risk =
      "Medium: what is not in that file is missing at the next start; without root= the host does not boot. Look at the "
      "file before the second step, and keep another way to start at hand: the fallback image, an older entry, "
      "installation media.";
  const bool no_root = line.find("root=") == std::string::npos && line.find("init=") == std::string::npos;
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
  remedy.text = file +
                " is not there: until now the running command line was taken, and once the file is there it is used "
                "instead. So write the whole line into it, " +
                (added.empty() ? "without " + removed : "with " + added) + ", carry it to the boot entries, then reboot.";
  remedy.commands = {"sudo mkdir -p /etc/kernel", "echo " + shell_quoted(line) + " | sudo tee " + file};
  const auto apply = apply_commands(host, tool);
  remedy.commands.insert(remedy.commands.end(), apply.begin(), apply.end());
  if (apply.empty()) {
    remedy.text += " The tool that makes the images here is not known: run it before the reboot.";
    remedy.by_hand = true;
  }
  remedy.commands.emplace_back(reboot_command);
  remedy.undo = {"sudo rm " + file};
  remedy.undo.insert(remedy.undo.end(), apply.begin(), apply.end());
  remedy.files = {file};
  return remedy;
}

}  // namespace vfio_doctor
