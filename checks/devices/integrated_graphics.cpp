// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"integrated-graphics", "Graphics of Intel processors", 55, run};

/// At this place alone; Intel's cards are behind ports (intel_is_igd() in QEMU's hw/vfio/igd.c asks for the device's
/// id, which says the same).
bool is_integrated(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return kind && *kind >> 8 == 0x03 && function.id.vendor.is(0x8086) && function.address.bus == 0 &&
         function.address.device == 2 && function.address.function == 0 && !function.parent;
}

/// The host's own screen; who wants to give that away sees it here with --all.
bool is_own_screen(const PciFunction& function) {
  return function.boot_vga.is(true) && function.driver.has_value() && !is_held_by_vfio(function);
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  const auto* config = host.kernel.config.get();
  for (const auto& function : host.all_functions()) {
    if (!is_integrated(function)) continue;
    const bool known = config && config->contains("PCI");
    const bool built = known && config->contains("VFIO_PCI_IGD");
    const auto subject = device_subject(function.address);
    if (built) {
      findings.push_back(check.finding(Status::pass, subject,
                                       "This kernel can hand a guest what its firmware needs of the processor's graphics."));
    } else if (known) {
      findings.push_back(check.finding(Status::warn, subject,
                                       "This kernel was built without VFIO_PCI_IGD: a guest gets the processor's graphics "
                                       "without its OpRegion, "
                                       "and its driver finds no screens."));
      findings.back().remedy = {{"Boot a kernel that has CONFIG_VFIO_PCI_IGD=y.", {}, {}, {}}};
    } else {
      findings.push_back(
          check.finding(Status::unknown, subject,
                        "Whether this kernel can hand over the OpRegion of the processor's graphics could not be read."));
    }
    if (!built && is_own_screen(function)) findings.back().status = Status::not_applicable;
    findings.back().evidence = {{host.kernel.config_source.empty() ? "kernel configuration" : host.kernel.config_source,
                                 built    ? "CONFIG_VFIO_PCI_IGD=y"
                                 : known  ? "CONFIG_VFIO_PCI_IGD is not set"
                                 : config ? "only a part of it: CONFIG_PCI is not there"
                                          : host.kernel.config.why()}};
  }
  return findings;
}

}  // namespace

Check integrated_graphics_check() { return check; }

}  // namespace vfio_doctor
