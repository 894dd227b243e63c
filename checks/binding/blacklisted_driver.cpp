// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/early_binding_parts.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"blacklisted-driver", "Drivers that hold devices in spite of a blacklist", 80, run};

/// What says that the module is not to be loaded by itself.
std::optional<Evidence> blacklisted(const Host& host, const std::string& module) {
  if (const auto* line = host.vfio.modprobe.find("blacklist", module)) return Evidence{line->place(), line->text()};
  if (const auto* argument = blacklisting_argument(host, module)) return Evidence{"/proc/cmdline", argument->text()};
  return std::nullopt;
}

/// Graphics, sound, USB and NVMe: what people keep the host's drivers from.
bool is_wanted_kind(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return kind && (*kind >> 8 == 0x03 || *kind == 0x0403 || *kind == 0x0c03 || *kind == 0x0108);
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (!function.driver.has_value() || !is_wanted_kind(function)) continue;
    const auto module = module_behind(host, *function.driver);
    const auto said = blacklisted(host, module);
    if (!said) continue;
    any = true;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 module +
                                     " is on the blacklist, and holds it "
                                     "all the same: the list keeps a module from being loaded for a device, not by name or "
                                     "from an initial RAM disk that was built "
                                     "before.");
    finding.evidence = {*said, {function.sysfs_path + "/driver", *function.driver}};
    finding.remedy = {{"Build the initial RAM disk anew and reboot. If something loads it by name, this keeps it away: " +
                           with_module_refused(host, module) + " on the kernel command line.",
                       {},
                       {},
                       "Without a driver a screen stays dark: look whether the host needs it."}};
    findings.push_back(std::move(finding));
  }
  if (!any && !host.vfio.modprobe.lines.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No driver that is on the blacklist holds a device for graphics, sound, USB or NVMe."));
  return findings;
}

}  // namespace

Check blacklisted_driver_check() { return check; }

}  // namespace vfio_doctor
