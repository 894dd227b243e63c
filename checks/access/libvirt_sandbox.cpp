// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"libvirt-sandbox", "What systemd hides from libvirt", 20, run};

/// parse_boolean() of systemd; nothing where it ignores the line, as it does an empty one.
std::optional<bool> switch_of(const UnitSetting& setting) {
  const auto value = to_lower(setting.value);
  for (const std::string_view yes : {"1", "yes", "y", "true", "t", "on"})
    if (value == yes) return true;
  for (const std::string_view no : {"0", "no", "n", "false", "f", "off"})
    if (value == no) return false;
  return std::nullopt;
}

/// The line that switches `name` on in the end.
const UnitSetting* switched_on(const AccessFacts& access, std::string_view unit, std::string_view name) {
  const UnitSetting* found = nullptr;
  for (const auto& setting : access.unit_settings) {
    if (setting.unit != unit || setting.name != name) continue;
    if (const auto on = switch_of(setting)) found = *on ? &setting : nullptr;
  }
  return found;
}

struct Hidden {
  std::string_view name, what;
};

constexpr auto hidden =
    std::to_array<Hidden>({{"ProtectKernelModules",
                            "hides /lib/modules from it: libvirt 10.0 and later look there for the driver that fits a "
                            "device, and no guest with a device starts"},
                           {"PrivateDevices", "gives it a /dev of its own without VFIO's nodes"},
                           {"ProtectKernelTunables", "makes /sys read-only for it: it cannot move a device to vfio-pci"}});

Finding finding_about(const UnitSetting& setting, const std::string& words, const std::string& remedy) {
  auto finding =
      check.finding(Status::warn, host_subject, setting.name + "=" + setting.value + " of " + setting.unit + " " + words);
  finding.evidence = {{setting.place, setting.name + "=" + setting.value}};
  finding.remedy = {{remedy,
                     {"sudo systemctl edit " + setting.unit, "sudo systemctl restart " + setting.unit},
                     {},
                     "The daemon may then do a little more than before; guests keep running."}};
  return finding;
}

/// What a list setting holds: lines add up, and an empty one begins anew (systemd.exec(5)).
std::vector<const UnitSetting*> lines_of(const AccessFacts& access, std::string_view unit, std::string_view name) {
  std::vector<const UnitSetting*> lines;
  for (const auto& setting : access.unit_settings) {
    if (setting.unit != unit || setting.name != name) continue;
    if (setting.value.empty())
      lines.clear();
    else
      lines.push_back(&setting);
  }
  return lines;
}

bool any_names(const std::vector<const UnitSetting*>& lines, std::string_view text) {
  return std::ranges::any_of(lines, [text](const UnitSetting* line) { return line->value.find(text) != std::string::npos; });
}

/// closed allows /dev/null and its like alone, strict nothing (systemd.resource-control(5)).
void look_at_device_policy(const AccessFacts& access, std::string_view unit, std::vector<Finding>& findings) {
  const auto* policy = access.last(unit, "DevicePolicy");
  if (!policy || (policy->value != "closed" && policy->value != "strict")) return;
  if (any_names(lines_of(access, unit, "DeviceAllow"), "vfio")) return;
  findings.push_back(finding_about(*policy, "keeps it from VFIO's nodes, for no DeviceAllow names them.",
                                   "Allow them for this unit: \"DeviceAllow=char-vfio rw\" under [Service]."));
}

void look_at_hidden_paths(const AccessFacts& access, std::string_view unit, std::vector<Finding>& findings) {
  for (const auto* line : lines_of(access, unit, "InaccessiblePaths"))
    for (const std::string_view path :
         {"/dev/vfio", "/lib/modules", "/usr/lib/modules", "/sys/bus/pci", "/sys/kernel/iommu_groups"})
      if (std::ranges::any_of(split_words(line->value), [path](std::string_view word) {
            return word.substr(std::min(word.size(), word.find_first_not_of("-+"))) == path;
          })) {
        findings.push_back(finding_about(*line, "hides " + std::string(path) + " from it, where it looks for devices.",
                                         "Take that path off the list of this unit."));
        break;
      }
}

/// To raise the limit of locked memory of a guest takes CAP_SYS_RESOURCE (prlimit(2)).
void look_at_capabilities(const AccessFacts& access, std::string_view unit, std::vector<Finding>& findings) {
  const auto lines = lines_of(access, unit, "CapabilityBoundingSet");
  if (lines.empty()) return;
  constexpr std::string_view wanted = "CAP_SYS_RESOURCE";
  bool allowed = lines.front()->value.starts_with('~');  // a first line that takes away takes away from all of them
  for (const auto* line : lines) {
    const bool takes_away = line->value.starts_with('~');
    for (const auto word : split_words(std::string_view(line->value).substr(takes_away ? 1 : 0)))
      if (word == wanted) allowed = !takes_away;
  }
  if (!allowed)
    findings.push_back(finding_about(*lines.back(),
                                     "takes CAP_SYS_RESOURCE from it: it cannot raise the limit of memory that a guest with a "
                                     "device must lock.",
                                     "Add it for this unit: \"CapabilityBoundingSet=CAP_SYS_RESOURCE\" under [Service]."));
}

/// libvirt raises a guest's limit of locked memory with prlimit(2). A list without ~ allows what it names alone; later lines add
/// to it or take from it (systemd.exec(5)). @system-service holds @resources.
void look_at_system_calls(const AccessFacts& access, std::string_view unit, std::vector<Finding>& findings) {
  const auto lines = lines_of(access, unit, "SystemCallFilter");
  if (lines.empty()) return;
  bool allowed = lines.front()->value.starts_with('~');
  const UnitSetting* taker = lines.front();
  for (const auto* line : lines) {
    const bool takes_away = line->value.starts_with('~');
    for (auto word : split_words(std::string_view(line->value).substr(takes_away ? 1 : 0))) {
      word = word.substr(0, word.find(':'));  // "name:EPERM"
      const bool of_it =
          word == "@resources" || word == "prlimit64" || (!takes_away && (word == "@system-service" || word == "@known"));
      if (!of_it) continue;
      allowed = !takes_away;
      if (takes_away) taker = line;
    }
  }
  if (!allowed)
    findings.push_back(
        finding_about(*taker,
                      "keeps prlimit from it: it cannot raise the limit of memory that a guest with a device must "
                      "lock.",
                      "Allow it for this unit: \"SystemCallFilter=@resources\" under [Service], behind the others."));
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto* unit : {"libvirtd.service", "virtqemud.service"}) {
    for (const auto& one : hidden)
      if (const auto* setting = switched_on(host.access, unit, one.name))
        findings.push_back(finding_about(*setting, std::string(one.what) + ".",
                                         "Switch it off for this unit: \"" + std::string(one.name) + "=no\" under [Service]."));
    look_at_device_policy(host.access, unit, findings);
    look_at_hidden_paths(host.access, unit, findings);
    look_at_capabilities(host.access, unit, findings);
    look_at_system_calls(host.access, unit, findings);
  }
  if (findings.empty() && !host.access.unit_settings.empty())
    findings.push_back(
        check.finding(Status::pass, host_subject, "systemd hides neither modules nor nodes nor /sys from libvirt's daemons."));
  return findings;
}

}  // namespace

Check libvirt_sandbox_check() { return check; }

}  // namespace vfio_doctor
