// SPDX-License-Identifier: GPL-2.0-or-later
#include <array>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"libvirt-sandbox", "What systemd hides from libvirt", 20, run};

bool is_on(const UnitSetting& setting) {
  const auto value = to_lower(setting.value);
  return value == "yes" || value == "true" || value == "1" || value == "on";
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

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto* unit : {"libvirtd.service", "virtqemud.service"}) {
    for (const auto& one : hidden) {
      const auto* setting = host.access.last(unit, one.name);
      if (!setting || !is_on(*setting)) continue;
      auto finding =
          check.finding(Status::warn, host_subject,
                        std::string(one.name) + "=" + setting->value + " of " + unit + " " + std::string(one.what) + ".");
      finding.evidence = {{setting->place, setting->name + "=" + setting->value}};
      finding.remedy = {{"Switch it off for this unit: \"" + std::string(one.name) + "=no\" under [Service].",
                         {"sudo systemctl edit " + std::string(unit), "sudo systemctl restart " + std::string(unit)},
                         {},
                         "The daemon may then do a little more than before; guests keep running."}};
      findings.push_back(std::move(finding));
    }
  }
  if (findings.empty() && !host.access.unit_settings.empty())
    findings.push_back(
        check.finding(Status::pass, host_subject, "systemd hides neither modules nor nodes nor /sys from libvirt's daemons."));
  return findings;
}

}  // namespace

Check libvirt_sandbox_check() { return check; }

}  // namespace vfio_doctor
