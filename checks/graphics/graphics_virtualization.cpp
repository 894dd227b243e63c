// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/module_parameters.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"graphics-virtualization", "Intel graphics in parts (GVT-g)", 40, run};

bool is_intel_graphics(const PciFunction& function) { return function.id.vendor.is(0x8086) && is_display(function); }

/// Bit 0: the graphics firmware hands out the work (drivers/gpu/drm/i915/i915_params.c, enable_guc).
bool is_handed_to_firmware(const std::optional<GivenParameter>& guc) {
  const auto number = guc ? parse_unsigned(guc->value.value_or("")) : std::nullopt;
  return number && (*number & 1) != 0;
}

/// kvmgt does nothing else.
std::optional<Evidence> wants_kvmgt(const Host& host) {
  if (host.modules.is_loaded("kvmgt")) return Evidence{"/sys/module/kvmgt", "loaded"};
  for (const auto& list : host.modules.load_at_start)
    if (std::ranges::find(list.words, "kvmgt") != list.words.end()) return Evidence{list.place(), list.text};
  return std::nullopt;
}

Finding not_told(const Host& host, const Evidence& wish) {
  auto finding = check.finding(Status::warn, host_subject,
                               "kvmgt is there to give Intel's graphics out in parts (GVT-g), and i915 is not told to: without "
                               "i915.enable_gvt=1 no card offers mediated devices (there is no mdev_supported_types).");
  finding.evidence = {wish, {"/sys/class/mdev_bus", "no Intel graphics function"}};
  finding.remedy = {add_kernel_argument(host, "i915.enable_gvt=1")};
  return finding;
}

/// Sources: drivers/gpu/drm/i915/intel_gvt.c (intel_gvt_init(), is_supported_device()), Linux 6.1 and 6.12.
Finding in_vain(const Host& host, const GivenParameter& gvt) {
  auto finding =
      check.finding(Status::warn, host_subject, "i915 is told to give graphics out in parts (GVT-g), and does not: ");
  finding.evidence = {gvt.evidence, {"/sys/class/mdev_bus", "no Intel graphics function"}};
  const auto guc = given_parameter(host, "i915", "enable_guc");
  const auto* config = host.kernel.config.get();
  if (is_handed_to_firmware(guc)) {
    finding.summary += "enable_guc=" + *guc->value +
                       " leaves its work to the graphics firmware, which does not go together (\"not yet supported with GuC "
                       "submission\"; older kernels do not start the graphics at all then).";
    finding.evidence.push_back(guc->evidence);
    finding.remedy = {{"Set i915.enable_guc=0, or 2 for what video needs of it, in the same place.", {}, {}, {}}};
  } else if (config && config->contains("PCI") && !config->contains("DRM_I915_GVT_KVMGT")) {
    finding.summary += "this kernel was built without it.";
    finding.evidence.push_back({host.kernel.config_source, "CONFIG_DRM_I915_GVT_KVMGT is not set"});
    finding.remedy = {{"Boot a kernel that has it.", {}, {}, {}}};
  } else {
    finding.summary += "only processors of generations 5 to 9 and Comet Lake can, and kvmgt must be loaded.";
    finding.remedy = {
        {"On such a processor load the module. Later ones share graphics through virtual functions (SR-IOV), "
         "with the driver xe of Linux 6.17 and later or a module from outside.",
         {"sudo modprobe kvmgt"},
         {},
         {}}};
  }
  return finding;
}

std::vector<Finding> run(const Host& host) {
  auto gvt = given_parameter(host, "i915", "enable_gvt");
  if (gvt && !gvt->is_yes()) gvt.reset();
  const auto wish = wants_kvmgt(host);
  if (!gvt && (!wish || std::ranges::none_of(host.all_functions(), is_intel_graphics))) return {};
  const auto& mediating = host.sharing.mediating;
  if (mediating.is_unreadable())
    return {
        check.not_seen("Whether a card offers mediated devices could not be seen.", {"/sys/class/mdev_bus", mediating.why()})};
  const bool offers = mediating.has_value() && std::ranges::any_of(*mediating, [&host](const PciAddress& address) {
                        const auto* function = host.find(address);
                        return function && is_intel_graphics(*function);
                      });
  if (!offers) return {gvt ? in_vain(host, *gvt) : not_told(host, *wish)};
  auto finding = check.finding(Status::pass, host_subject, "Intel's graphics offer mediated devices, as was asked for.");
  finding.evidence = {gvt ? gvt->evidence : *wish, {"/sys/class/mdev_bus", "an Intel graphics function"}};
  return {finding};
}

}  // namespace

Check graphics_virtualization_check() { return check; }

}  // namespace vfio_doctor
