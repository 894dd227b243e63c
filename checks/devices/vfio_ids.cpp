// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/advice/module_order_remedy.hpp"
#include "checks/advice/shell_words.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/module_parameters.hpp"
#include "facts/iommu/module_slips.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"vfio-ids", "Devices that vfio-pci is told to take", 60, run};

constexpr std::size_t most_patterns = 64;

/// One entry of the parameter "ids": VENDOR:DEVICE[:SUBVENDOR[:SUBDEVICE[:CLASS[:MASK]]]]. The kernel reads numbers as far
/// as they go and takes an entry with two (vfio_pci_fill_ids in drivers/vfio/pci/vfio_pci.c); what is left out is "any".
struct Pattern {
  static constexpr std::uint32_t any = 0xffffffff;
  std::array<std::uint32_t, 6> numbers = {any, any, any, any, 0, 0};
  std::size_t given = 0;
  std::string text;
  Evidence evidence;

  /// pci_match_one_device() in drivers/pci/pci-driver.c. An id that was not read is not taken for a match.
  bool matches(const PciFunction& function) const {
    const auto is = [](std::uint32_t wanted, const Observed<std::uint16_t>& id) {
      return wanted == any || (id.has_value() && id.value() == wanted);
    };
    const auto* kind = function.id.class_code.get();
    return is(numbers[0], function.id.vendor) && is(numbers[1], function.id.device) &&
           is(numbers[2], function.id.subsystem_vendor) && is(numbers[3], function.id.subsystem_device) &&
           (numbers[5] == 0 || (kind && ((*kind ^ numbers[4]) & numbers[5]) == 0));
  }
};

Pattern read_pattern(std::string_view text, const Evidence& evidence) {
  Pattern pattern{.text = std::string(text), .evidence = evidence};
  for (const auto part : split(text, ':')) {
    const auto number = parse_unsigned(part, 16);
    if (!number || *number > Pattern::any || pattern.given == pattern.numbers.size()) break;
    pattern.numbers[pattern.given++] = static_cast<std::uint32_t>(*number);
  }
  return pattern;
}

/// The lists of ids that vfio-pci gets, of which the last counts.
std::vector<GivenParameter> lists_of(const Host& host) {
  auto lists = given_parameters(host, "vfio_pci", "ids");
  std::erase_if(lists, [](const GivenParameter& list) { return !list.value; });
  return lists;
}

std::vector<Pattern> patterns_of(const GivenParameter& list) {
  std::vector<Pattern> patterns;
  for (const auto entry : split(*list.value, ','))
    if (!entry.empty() && patterns.size() < most_patterns) patterns.push_back(read_pattern(entry, list.evidence));
  return patterns;
}

/// vfio_pci's own parameters and those of vfio_pci_core that it had before 5.15 (drivers/vfio/pci/vfio_pci.c).
bool is_parameter(std::string_view name) {
  static constexpr std::array<std::string_view, 6> known = {"ids",          "nointxmask",      "disable_vga", "disable_idle_d3",
                                                            "enable_sriov", "disable_denylist"};
  return std::ranges::find(known, normalize_module_name(name)) != known.end();
}

/// Every id that the lists name and that is none of a device the host needs, once. The list the administrator may have meant.
std::string wanted_ids(const Host& host, const std::vector<std::string>& entries) {
  std::vector<std::string> kept;
  for (const auto& entry : entries) {
    const auto pattern = read_pattern(entry, {});
    const bool needed = std::ranges::any_of(host.all_functions(), [&](const PciFunction& function) {
      return pattern.matches(function) && !what_host_does_with(host, function.address).empty();
    });
    if (pattern.given >= 2 && !needed && kept.size() < most_patterns && std::ranges::find(kept, entry) == kept.end())
      kept.push_back(entry);
  }
  return join(kept, ",");
}

void add_entries(std::vector<std::string>& entries, const std::string& list) {
  for (const auto entry : split(list, ',')) entries.emplace_back(entry);
}

Finding remark(const std::string& summary, Evidence evidence, const std::string& remedy) {
  auto finding = check.finding(Status::warn, host_subject, summary);
  finding.evidence = {std::move(evidence)};
  finding.remedy = {{remedy, {}, {}, {}}};
  return finding;
}

/// An id, or the sign before one, that stands as a parameter of its own.
bool is_torn_off(const ModprobeOption& option) {
  return !is_parameter(option.name) && (option.name.find(':') != option.name.npos || option.name == "=");
}

/// A blank in a list of ids ends it (next_arg() in lib/cmdline.c). One finding for each line, with the list that was meant.
void add_broken_lists(const Host& host, const std::vector<ModprobeOption>& options, std::vector<Finding>& findings) {
  std::vector<std::string> told;
  for (const auto& first : options) {
    if (!is_torn_off(first) || std::ranges::find(told, first.file) != told.end()) continue;
    told.push_back(first.file);
    std::vector<std::string> entries, words;
    std::vector<Evidence> evidence;
    for (const auto& option : options) {
      if (option.file != first.file) continue;
      if (option.name == "ids" && option.value) add_entries(entries, *option.value);
      if (!is_torn_off(option)) continue;
      if (option.name != "=") add_entries(entries, option.text);
      words.push_back("'" + option.name + "'");
      evidence.push_back({option.file, option.text});
    }
    const bool one = words.size() == 1;
    findings.push_back(remark("vfio-pci knows no parameter " + join(words, " or ") + "; the kernel passes over " +
                                  (one ? "it" : "them") + ". A blank ended the list of ids before " + (one ? "it." : "them."),
                              {}, {}));
    findings.back().evidence = std::move(evidence);
    const auto ids = wanted_ids(host, entries);
    findings.back().remedy = {
        edit_modprobe_file(host, first.file,
                           "Write the list without blanks" +
                               (ids.empty() ? std::string(".") : ": \"options vfio-pci ids=" + ids + "\"."))};
  }
}

/// Lists that others take the place of, and words that the driver does not know.
void add_remarks(const Host& host, const std::vector<GivenParameter>& lists, std::vector<Finding>& findings) {
  for (std::size_t i = 0; i + 1 < lists.size(); ++i) {
    if (lists[i].value == lists.back().value) continue;
    findings.push_back(remark("vfio-pci gets several lists of ids, and only the last counts: " + lists[i].evidence.value +
                                  " (" + lists[i].evidence.source + ") is lost to " + lists.back().evidence.value + " (" +
                                  lists.back().evidence.source + ").",
                              lists[i].evidence, {}));
    findings.back().evidence.push_back(lists.back().evidence);
    std::vector<std::string> entries;
    for (const auto& list : lists) add_entries(entries, *list.value);
    const auto ids = wanted_ids(host, entries);
    findings.back().remedy = {
        edit_modprobe_file(host, lists.back().evidence.source,
                           ids.empty() ? "Put the ids that you want into one list, with commas and without blanks."
                                       : "Put the ids that you want into one list, with commas and without "
                                         "blanks; those of devices that this host can do without are: ids=" +
                                             ids + ".")};
  }
  if (is_built_in(host, "vfio_pci")) {
    for (const auto& option : host.vfio.modprobe.options("vfio_pci")) {
      if (option.name != "ids" || !option.value) continue;
      auto finding = remark("vfio-pci is built into this kernel, which reads no modprobe.d: " + option.text + " has no effect.",
                            {option.file, option.text}, {});
      finding.remedy = {add_kernel_argument(host, "vfio-pci.ids=" + *option.value)};
      findings.push_back(std::move(finding));
    }
    return;
  }
  const auto options = host.vfio.modprobe.options("vfio_pci");
  add_broken_lists(host, options, findings);
  for (const auto& option : options) {
    if (is_parameter(option.name) || is_torn_off(option)) continue;
    findings.push_back(remark("vfio-pci knows no parameter '" + option.name + "'; the kernel passes over it.",
                              {option.file, option.text}, {}));
    findings.back().remedy = {{"Look for a slip in the word; this lists what there is.", {"modinfo -p vfio-pci"}, {}, {}}};
  }
}

/// A module in a `softdep` line about VFIO that is none and looks like one: then the line does nothing. A name that this kernel does
/// not have is no slip by itself (a driver that was taken off the host).
void add_softdep_slips(const Host& host, std::vector<Finding>& findings) {
  for (const auto& line : host.vfio.modprobe.lines) {
    if (line.command != "softdep" || (line.module + line.rest).find("vfio") == std::string::npos) continue;
    std::vector<std::string> names = {line.module};
    for (const auto word : split_words(line.rest))
      if (!word.ends_with(':')) names.push_back(normalize_module_name(word));
    for (const auto& name : names) {
      const auto known = host.vfio.softdep_modules.find(name);
      const bool installed = known != host.vfio.softdep_modules.end() && known->second.is(true);
      const auto meant = module_meant_by(name);
      if (installed || meant.empty()) continue;
      findings.push_back(remark("\"" + line.text() + "\" names a module '" + name +
                                    "', which there is not: the line has no effect. " + std::string(meant) + " is meant?",
                                {line.place(), line.text()},
                                "Mend the name, then build the initial RAM disk anew; this tells whether there is such a "
                                "module: modinfo " +
                                    std::string(meant)));
    }
  }
}

/// The `softdep` line that lets vfio-pci come before this driver; nothing where there is none.
const ModprobeLine* softdep_of(const Host& host, const std::string& driver) {
  for (const auto& line : host.vfio.modprobe.lines) {
    if (line.command != "softdep" || line.module != normalize_module_name(driver)) continue;
    bool before = false;
    for (const auto word : split_words(line.rest)) {
      if (word == "pre:" || word == "post:")
        before = word == "pre:";
      else if (before && normalize_module_name(word) == "vfio_pci")
        return &line;
    }
  }
  return nullptr;
}

Remedy tell_apart(const std::string& guests_one) {
  return {
      "Ids cannot tell twins apart: leave them out of the list and reserve the one for the guest by its address, or "
      "let libvirt take it when the guest starts (managed='yes').",
      {"sudo driverctl set-override " + guests_one + " vfio-pci"},
      {"sudo driverctl unset-override " + guests_one},
      {}};
}

/// Nothing where the tool that builds the image is not known: a reboot alone would change nothing.
std::vector<std::string> rebuild_and_reboot(const Host& host) {
  auto commands = rebuild_initramfs_commands(host);
  if (!commands.empty()) commands.emplace_back(reboot_command);
  return commands;
}

Remedy let_vfio_come_first(const Host& host, const std::string& address, const std::string& driver) {
  if (const auto* line = softdep_of(host, driver))
    return {"A softdep for " + driver + " is there (" + line->place() +
                "), so the driver came from an initial RAM disk that "
                "was built without it: build that anew, and reboot. A driver that is built into the kernel always comes first.",
            rebuild_and_reboot(host),
            {},
            {}};
  return load_vfio_before(host, driver, address);
}

Finding held_by_other(const Host& host, const Pattern& pattern, const PciFunction& function, const PciFunction* twin) {
  const auto address = function.address.text();
  const auto& driver = function.driver.value();
  const auto use = what_host_does_with(host, function.address);
  auto finding = check.finding(Status::warn, device_subject(function.address), "");
  finding.evidence = {pattern.evidence, {function.sysfs_path + "/driver", driver}};
  if (twin) {
    finding.say("It has the same ids as " + named(twin->address) + ", which vfio-pci holds (" + pattern.text +
                "): when the host starts, vfio-pci may take this one as well" + (use.empty() ? "." : ", and it " + use + "."));
    finding.evidence.push_back({twin->sysfs_path + "/driver", twin->driver.value()});
    finding.remedy = {tell_apart(twin->address.text())};
  } else if (!use.empty()) {
    finding.summary = "vfio-pci is told to take it (" + pattern.text + "), but it " + use + ": if vfio-pci comes before " +
                      driver + ", the host does not start as it should.";
    finding.remedy = {edit_modprobe_file(host, pattern.evidence.source, "Take " + pattern.text + " out of the list.")};
  } else {
    finding.summary =
        "vfio-pci is told to take it (" + pattern.text + "), but the host's driver " + driver + " was there first.";
    finding.remedy = {let_vfio_come_first(host, address, driver)};
  }
  return finding;
}

/// vfio_pci_core_register_device() refuses what is no endpoint (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL).
Finding of_a_bridge(const Pattern& pattern, const PciFunction& bridge) {
  auto finding = check.finding(Status::warn, host_subject, "");
  finding.say("vfio-pci is told to take " + pattern.text + ", which is a bridge (" + named(bridge.address) +
              "): vfio-pci takes no bridges, and none has to go to a guest.");
  finding.evidence = {pattern.evidence};
  finding.remedy = {{"Take it out of the list. Bridges stay with the host's driver; they are in no guest's way.", {}, {}, {}}};
  return finding;
}

void judge(const Host& host, const Pattern& pattern, std::vector<Finding>& findings) {
  std::vector<const PciFunction*> held;
  const PciFunction* taken = nullptr;
  const PciFunction* bridge = nullptr;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (!pattern.matches(function)) continue;
    if (function.is_bridge()) {
      bridge = &function;
      continue;
    }
    any = true;
    const auto* driver = function.driver.get();
    if (driver && leaves_dma_to_user(function))
      taken = &function;
    else if (driver)
      held.push_back(&function);
  }
  for (const auto* function : held) findings.push_back(held_by_other(host, pattern, *function, taken));
  if (any || host.all_functions().empty()) return;
  if (bridge) return findings.push_back(of_a_bridge(pattern, *bridge));
  auto finding = check.finding(Status::warn, host_subject,
                               "vfio-pci is told to take " + pattern.text + ", but no device of this host has these ids.");
  finding.evidence = {pattern.evidence};
  finding.remedy = {{"Look for a slip in the ids; this lists what is there.", {"lspci -nn"}, {}, {}}};
  findings.push_back(std::move(finding));
}

Finding not_understood(const Pattern& pattern) {
  auto finding = check.finding(Status::warn, host_subject,
                               "\"" + pattern.text +
                                   "\" in vfio-pci's list of ids is no id: the "
                                   "kernel passes over it.");
  finding.evidence = {pattern.evidence};
  finding.remedy = {{"Write vendor and device with a colon, several with commas: ids=10de:1b80,10de:10f0. This lists them.",
                     {"lspci -nn"},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto lists = lists_of(host);
  const auto patterns = lists.empty() ? std::vector<Pattern>() : patterns_of(lists.back());
  std::vector<Finding> findings;
  add_remarks(host, lists, findings);
  add_softdep_slips(host, findings);
  if (const auto& unread = host.vfio.modprobe.unread; !unread.empty()) {
    findings.push_back(check.not_seen("What modprobe.d gives vfio-pci is not wholly known (" + unread.front() +
                                          (unread.size() > 1 ? ", and " + std::to_string(unread.size() - 1) + " more" : "") +
                                          ").",
                                      {"modprobe.d", unread.front()}));
    for (std::size_t i = 1; i < unread.size(); ++i) findings.back().evidence.push_back({"modprobe.d", unread[i]});
  }
  if (patterns.empty() && findings.empty() && !host.kernel.arguments.has_value()) {
    auto finding = check.finding(Status::unknown, host_subject, "Which devices vfio-pci is told to take could not be read.");
    finding.evidence = {{"/proc/cmdline", host.kernel.arguments.why()}};
    return {finding};
  }
  for (const auto& pattern : patterns) {
    if (pattern.given < 2)
      findings.push_back(not_understood(pattern));
    else
      judge(host, pattern, findings);
  }
  if (findings.empty() && !patterns.empty()) {
    findings.push_back(
        check.finding(Status::pass, host_subject, "No other driver holds a device that vfio-pci is told to take."));
    for (const auto& pattern : patterns) findings.back().evidence.push_back(pattern.evidence);
  }
  return findings;
}

}  // namespace

Check vfio_ids_check() { return check; }

}  // namespace vfio_doctor
