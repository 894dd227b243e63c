// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/secrets.hpp"
#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/shell_words.hpp"
#include "checks/boot/boot_drift.hpp"
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "checks/kernel/kernel_argument_kinds.hpp"

namespace vfio_doctor {
namespace {

/// What a report may say of an argument.
std::string as_shown(const KernelArgument& argument) { return shown_setting(argument.name, argument.value); }

std::vector<Finding> run(const Host& host);
constexpr Check check{"command-line-drift", "Kernel command line as configured", 10, run};

constexpr std::size_t most_shown = 8;
using Arguments = std::vector<const DriftedArgument*>;

bool has_option(const KernelArgument& argument, std::string_view name, std::string_view option) {
  if (!argument.value || normalize_module_name(argument.name) != name) return false;
  const auto options = split(*argument.value, ',');
  return std::ranges::find(options, option) != options.end();
}

bool switches_off(const KernelArgument& argument) {
  return has_option(argument, "intel_iommu", "off") || has_option(argument, "amd_iommu", "off") ||
         has_option(argument, "iommu", "off");
}

/// "a", "a and b", "a, b and 3 more".
std::string names_of(const Arguments& arguments) {
  std::string names;
  const auto shown = arguments.size() > most_shown ? most_shown - 1 : arguments.size();
  for (std::size_t i = 0; i < shown; ++i)
    names += (i == 0 ? "" : i + 1 == arguments.size() ? " and " : ", ") + as_shown(arguments[i]->token.argument);
  if (shown < arguments.size()) names += " and " + std::to_string(arguments.size() - shown) + " more";
  return names;
}

std::string files_of(const Arguments& arguments) {
  std::vector<std::string> files;
  for (const auto* argument : arguments)
    if (std::ranges::find(files, argument->token.file) == files.end()) files.push_back(argument->token.file);
  return join(files, ", ");
}

/// "'Debian GNU/Linux' (/boot/grub/grub.cfg:47)".
std::string name_of(const BootEntry& entry) {
  const auto& name = entry.title.empty() ? entry.id : entry.title;
  return "'" + name + "' (" + entry.file + (entry.line ? ":" + std::to_string(entry.line) : "") + ")";
}

/// Why the boot entries take nothing from the settings that the loader's program would read.
std::string reader_of(const Host& host) {
  if (host.boot.ostree) return "the boot entries are deployments that rpm-ostree and its kin write themselves";
  if (host.distribution.is_like("nixos")) return "nixos-rebuild writes the boot entries from its own configuration";
  return "this host starts otherwise: " + host.boot.loader_reason;
}

std::string summary_of(const Host& host, const BootDrift& drift, DriftKind kind, const Arguments& arguments) {
  const auto names = names_of(arguments);
  const auto files = files_of(arguments);
  const std::string is = arguments.size() == 1 ? " is" : " are";
  const std::string it = arguments.size() == 1 ? "it" : "them";
  switch (kind) {
    case DriftKind::not_applied:
      return "Edited but not applied: " + names + is + " set in " + files + ", but the boot entries do not have " + it + ".";
    case DriftKind::not_removed:
      return "Edited but not applied: " + names + is + " no longer set in /etc/default/grub, but still in " + files + ".";
    case DriftKind::not_running:
      return "Not running: " + names + is + " set in " + files + ", but the running kernel did not get " + it +
             ". Either this was not carried to the boot entries, or the host was not rebooted since.";
    case DriftKind::not_rebooted:
      return "Not rebooted: " + names + is + " in the boot entry " +
             (drift.next ? "that starts next, " + name_of(*drift.next) + "," : "(" + files + "),") +
             " but the running kernel did not get " + it + ".";
    case DriftKind::only_this_boot:
      return "Only on this boot: the running kernel got " + names + ", but the boot entries do not have " + it +
             "; the next boot loses " + it + ".";
    case DriftKind::not_next:
      return "Only on some boot entries: " + names + is + " not on the one that starts next, " +
             (drift.next ? name_of(*drift.next) : "") + "; the next boot is without " + it + ".";
    case DriftKind::some_entries:
      if (drift.next)
        return "Only on some boot entries: " + names + is + " not on all of them. The entry that starts next, " +
               name_of(*drift.next) + ", has " + it + "; an older or another one started by hand may not.";
      return "Only on some boot entries: " + names + is + " not on all of them; it depends on the entry that is started.";
    case DriftKind::unread_file:
      return "Edited in a file that this host's boot loader does not read: " + names + is + " set in " + files + ", but " +
             reader_of(host) + ".";
    case DriftKind::lost_words:
      return "Written down and lost: " + names + is + " in " + files + ", but come" + (arguments.size() == 1 ? "s" : "") +
             " to nothing there: a later line sets the same name again, or the words stand outside its quotes.";
  }
  return names;
}

/// Switching the IOMMU on, or off, hangs on this argument.
bool decides_iommu(const Host& host, DriftKind kind, const KernelArgument& argument) {
  if (dma_remapping(host) != Switch::off) return false;
  if (kind == DriftKind::only_this_boot) return switches_off(argument);
  const bool waits_for_it = kind == DriftKind::not_applied || kind == DriftKind::not_rebooted ||
                            kind == DriftKind::not_running || kind == DriftKind::unread_file || kind == DriftKind::not_next ||
                            kind == DriftKind::lost_words;
  return waits_for_it && has_option(argument, "intel_iommu", "on") && iommu_vendor(host) != CpuVendor::amd &&
         !host.firmware.dmar.present.is(false);
}

Remedy reboot() {
  return {.text = "Reboot into the entry that has them.",
          .commands = {reboot_command},
          .undo = {},
          .risk = "Running work and guests stop."};
}

/// Carries what is written down to the boot entries.
Remedy apply(const Host& host, const Arguments& arguments) {
  // Where GRUB's defaults do not reach the entries that exist, grubby changes both.
  const auto commands = apply_boot_settings_commands(host);
  if (commands.empty() || kernel_argument_command_changes_entries(host)) {
    std::vector<std::string> texts;
    for (const auto* argument : arguments) texts.push_back(as_shown(argument->token.argument));
    return add_kernel_argument(host, join(texts, " "));
  }
  Remedy remedy{.text = "Carry the settings to the boot entries, then reboot.",
                .commands = commands,
                .undo = {"sudoedit " + shell_quoted(arguments.front()->token.file)},
                .risk =
                    "Low. Everything else that was edited there takes effect too. To undo, take the change out of the "
                    "file and run the same commands again."};
  remedy.commands.emplace_back(reboot_command);
  remedy.files = files_of_boot_settings(host);
  if (const auto warning = warning_of_missing_root(host); !warning.empty()) {
    remedy.text = "Carry the settings to the boot entries, then reboot; but not as they are." + warning;
    remedy.commands.insert(remedy.commands.begin(), "sudoedit " + shell_quoted(arguments.front()->token.file));
    remedy.by_hand = true;
  }
  return remedy;
}

/// For a default that is made to differ: no setting would put the argument there.
Remedy choose_another_default() {
  return {.text = "Make an entry that has them the default of the boot menu again, or choose one there by hand.",
          .commands = {},
          .undo = {},
          .risk = "None beyond that of starting the entry that is chosen."};
}

/// The words are in the right file, and a person has to see which line of it counts.
Remedy mend_by_hand(const Host& host, const Arguments& arguments) {
  const auto& counts = arguments.front()->lacking;
  const auto editor = "sudoedit " + shell_quoted(counts.substr(0, counts.rfind(':')));
  Remedy remedy{.text = "Write the words inside the quotes of the assignment that counts, the last of its name (" + counts +
                        "), carry that to the boot entries, and reboot.",
                .commands = {editor},
                .undo = {editor},
                .risk =
                    "Low. A wrong argument is ignored or, seldom, keeps the host from booting; then edit the line in the "
                    "boot menu."};
  const auto apply_commands = apply_boot_settings_commands(host);
  remedy.commands.insert(remedy.commands.end(), apply_commands.begin(), apply_commands.end());
  remedy.commands.emplace_back(reboot_command);
  remedy.files = files_of_boot_settings(host);
  remedy.by_hand = true;
  return remedy;
}

bool is_written_down(const Host& host, const DriftedArgument* argument) {
  return std::ranges::any_of(host.boot.settings, [&](const BootSetting& setting) {
    return host.boot.find_setting(setting.kind) == &setting && setting.line.has_value() &&
           setting.line->contains(argument->token.argument);
  });
}

std::vector<Remedy> remedies_of(const Host& host, const BootDrift& drift, DriftKind kind, const Arguments& arguments) {
  std::vector<Remedy> remedies;
  if (kind == DriftKind::not_next && drift.next && drift.next->role != BootEntryRole::normal) return {choose_another_default()};
  const bool differ = kind == DriftKind::not_next || kind == DriftKind::some_entries;
  if (differ && std::ranges::all_of(arguments, [&](auto* one) { return is_written_down(host, one); }))
    return {apply(host, arguments)};
  if (kind == DriftKind::not_applied || kind == DriftKind::not_removed || kind == DriftKind::not_running) {
    const bool removed = kind == DriftKind::not_removed && apply_boot_settings_commands(host).empty();
    if (!removed) remedies.push_back(apply(host, arguments));
    return remedies;
  }
  if (kind == DriftKind::lost_words) return {mend_by_hand(host, arguments)};
  bool reboots = false;
  std::vector<std::string> to_add;  // one change and one reboot for all of them
  for (const auto* argument : arguments) {
    const auto& words = argument->token.argument;
    if (kind == DriftKind::not_rebooted && !switches_off(words))
      reboots = true;
    else if (kind == DriftKind::not_rebooted)
      remedies.push_back(remove_kernel_argument(host, as_shown(words)));
    else if (kind == DriftKind::only_this_boot && switches_off(words))
      reboots = true;
    else if (words.name == "pcie_acs_override")
      continue;  // acs-override says what it does, and how to be without it: the two must not pull in two directions
    else if (has_option(words, "amd_iommu", "on"))
      continue;  // no option of the kernel's (parse_amd_iommu_options() in drivers/iommu/amd/init.c): iommu-arguments says so
    else if (to_add.size() < most_shown)
      to_add.push_back(as_shown(words));
  }
  if (!to_add.empty()) remedies.push_back(add_kernel_argument(host, join(to_add, " ")));
  if (kind == DriftKind::only_this_boot)
    for (auto& remedy : remedies) remedy.text = "To keep it: " + remedy.text;
  if (reboots && remedies.empty()) remedies.push_back(reboot());
  return remedies;
}

void add_unknown(const BootDrift& drift, Finding& finding) {
  for (const auto& unread : drift.unknown) finding.evidence.push_back({unread.file, "not known: " + unread.why});
}

void add_minor(const BootDrift& drift, Finding& finding) {
  static constexpr std::size_t most_minor = 12;
  for (const auto& minor : drift.minor) {
    if (&minor - drift.minor.data() >= static_cast<std::ptrdiff_t>(most_minor)) return;
    finding.evidence.push_back(
        {minor.token.place(), as_shown(minor.token.argument) + " (not in " + minor.lacking + "; of no weight here)"});
  }
}

bool lacks_permission(const BootDrift& drift) {
  return std::ranges::find(drift.unknown, UnreadCause::permission, &UnreadBootFile::cause) != drift.unknown.end();
}

Finding drift_finding(const Host& host, const BootDrift& drift, DriftKind kind, const Arguments& arguments) {
  auto finding = check.finding(Status::warn, host_subject, summary_of(host, drift, kind, arguments));
  if (kind == DriftKind::not_running && lacks_permission(drift))
    finding.summary += " With sudo, the boot entries could be read and would tell which.";
  for (const auto* argument : arguments) {
    if (decides_iommu(host, kind, argument->token.argument)) finding.status = Status::fail;
    finding.evidence.push_back({argument->token.place(), as_shown(argument->token.argument)});
    finding.evidence.push_back({argument->lacking, "without " + as_shown(argument->token.argument)});
  }
  finding.remedy = remedies_of(host, drift, kind, arguments);
  return finding;
}

/// Nothing drifted, as far as it could be seen.
Finding quiet_finding(const Host& host, const BootDrift& drift) {
  const bool nothing_here = host.boot.entries.empty() && host.boot.settings.empty() && host.boot.unread.empty();
  if (nothing_here) {
    auto finding =
        check.finding(Status::unknown, host_subject,
                      "No boot configuration is visible here, so the running command line cannot be compared with "
                      "one. It may lie where this program does not look (an EFI boot entry of the firmware, another boot "
                      "loader). Inside a container, run the program on the host.");
    finding.quiet = true;  // a recording without these files, a container: it hides nothing that was seen
    return finding;
  }
  if (!drift.unknown.empty() && drift.unknown.front().file == staged_deployment_file) {
    auto finding = check.finding(Status::unknown, host_subject,
                                 "A new deployment is staged and gets its boot entry when the host goes down: what the next "
                                 "start runs with is not known. `rpm-ostree kargs` prints its line.");
    finding.quiet = true;  // every update by itself does so
    return finding;
  }
  if (!drift.unknown.empty())
    return check.finding(Status::unknown, host_subject,
                         std::string("The running command line could not be compared with the whole boot configuration: ") +
                             drift.unknown.front().file + " is not known" +
                             (lacks_permission(drift) ? ". With sudo, the boot files could be read." : "."));
  if (host.boot.loader == BootLoader::unknown || !drift.compared)
    return check.finding(Status::unknown, host_subject,
                         "Which boot loader started this host is not known (" + host.boot.loader_reason +
                             "), so it is not known which boot files count.");
  std::string others;
  for (const auto& minor : drift.minor)
    if (concerns_passthrough(minor.token.argument) && others.empty()) others = as_shown(minor.token.argument);
  return check.finding(Status::pass, host_subject,
                       others.empty() ? "The running command line, the boot entries and the settings they are made from agree."
                                      : "The running command line agrees with the boot entry" +
                                            std::string(drift.next ? " that starts next" : " it came from") +
                                            "; not every other entry has " + others + ".");
}

std::vector<Finding> run(const Host& host) {
  const auto drift = find_boot_drift(host);
  std::vector<Finding> findings;
  using enum DriftKind;
  for (const auto kind :
       {not_applied, not_removed, not_running, not_rebooted, only_this_boot, not_next, some_entries, unread_file, lost_words}) {
    Arguments arguments;
    for (const auto& argument : drift.arguments)
      if (argument.kind == kind) arguments.push_back(&argument);
    if (!arguments.empty()) findings.push_back(drift_finding(host, drift, kind, arguments));
  }
  if (findings.empty()) findings.push_back(quiet_finding(host, drift));
  auto& last = findings.back();
  last.evidence.push_back({"boot loader", host.boot.loader_reason});
  add_unknown(drift, last);
  add_minor(drift, last);
  return findings;
}

}  // namespace

Check command_line_drift_check() { return check; }

}  // namespace vfio_doctor
