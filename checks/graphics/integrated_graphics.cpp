// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"integrated-graphics", "Intel's integrated graphics and what it needs", 20, run};

bool is_integrated(const PciFunction& function) {
  return is_display(function) && function.id.vendor.is(0x8086) && !function.parent &&
      function.address.text().ends_with(":00:02.0");
}

std::vector<Finding> run(const Host& host) {
  const auto found = std::ranges::find_if(host.all_functions(), is_integrated);
  if (found == host.all_functions().end() || !is_held_by_vfio(*found)) return {};
  const auto* options = host.kernel.config.get();
  if (!options) return {check.not_seen("Whether this kernel gives integrated graphics what they need could not be seen.",
      {"kernel configuration", host.kernel.config.why()})};
  const auto option = options->find("VFIO_PCI_IGD");
  const bool has_it = option != options->end() && option->second == "y";
  auto finding = check.finding(has_it ? Status::pass : Status::warn, device_subject(found->address),
                               has_it ? "This kernel hands on what the driver of integrated graphics looks for (OpRegion)."
                                      : "VFIO holds it, and this kernel was built without what hands the firmware's OpRegion "
                                          "on (CONFIG_VFIO_PCI_IGD): the guest's driver finds no screens.");
  finding.evidence = {{host.kernel.config_source, has_it ? "CONFIG_VFIO_PCI_IGD=y" : "CONFIG_VFIO_PCI_IGD is not set"}};
  if (!has_it) finding.remedy = {{"Use a kernel that has it; most distributions' have.", {}, {}, {}}};
  return {finding};
}

}  // namespace

Check integrated_graphics_check() { return check; }

}  // namespace vfio_doctor
