// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"graphics-virtualization", "Intel graphics in parts (GVT-g)", 40, run};

std::vector<Finding> run(const Host& host) {
  std::optional<Evidence> asked;
  if (const auto* arguments = host.kernel.arguments.get())
    if (const auto* argument = arguments->last("i915.enable_gvt");
        argument && argument->value && (*argument->value == "1" || *argument->value == "Y"))
      asked = Evidence{"/proc/cmdline", argument->text()};
  if (const auto option = host.vfio.modprobe.last("i915", "enable_gvt");
      option && option->value && (*option->value == "1" || *option->value == "Y"))
    asked = Evidence{option->file, option->text};
  if (!asked) return {};
  const auto& mediating = host.sharing.mediating;
  if (mediating.is_unreadable())
    return {
        check.not_seen("Whether a card offers mediated devices could not be seen.", {"/sys/class/mdev_bus", mediating.why()})};
  const bool offers = mediating.has_value() && std::ranges::any_of(*mediating, [&host](const PciAddress& address) {
                        const auto* function = host.find(address);
                        return function && function->id.vendor.is(0x8086) && is_display(*function);
                      });
  auto finding = check.finding(offers ? Status::pass : Status::warn, host_subject,
                               offers ? "Intel's graphics offer mediated devices, as was asked for."
                                      : "i915 is told to give graphics out in parts (GVT-g), and does not: only processors of "
                                        "generations 5 to 9 and Comet Lake can, and kvmgt must be loaded.");
  finding.evidence = {*asked, {"/sys/class/mdev_bus", offers ? "an Intel graphics function" : "no Intel graphics function"}};
  if (!offers)
    finding.remedy = {
        {"On such a processor load the module. Later ones share graphics through virtual functions (SR-IOV), "
         "with the driver xe of Linux 6.17 and later or a module from outside.",
         {"sudo modprobe kvmgt"},
         {},
         {}}};
  return {finding};
}

}  // namespace

Check graphics_virtualization_check() { return check; }

}  // namespace vfio_doctor
