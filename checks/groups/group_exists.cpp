// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"group-exists", "Membership in an IOMMU group", 10, run};

/// Nobody misses the group of what is not given anyway: AMD's IOMMU is a PCI function that no unit covers, and so is the
/// root complex of processors up to Zen 3.
bool is_no_loss(const PciFunction& function) { return function.is_bridge() || chipset_part(function); }

/// The kernel leaves the graphics of some Intel processors out of the IOMMU (quirk_iommu_igfx() for Broadwell in
/// drivers/iommu/intel/iommu.c), and so do intel_iommu=igfx_off and Debian's intgpu_off.
constexpr std::array<std::string_view, 2> words_for_graphics = {"igfx_off", "intgpu_off"};

bool is_intel_graphics(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return function.id.vendor.is(0x8086) && kind && *kind >> 8 == 0x03 && !function.parent;
}

/// The words that leave graphics out, where they stand on the running command line.
const KernelArgument* leaves_graphics_out(const Host& host) {
  const auto* arguments = host.kernel.arguments.get();
  if (!arguments) return nullptr;
  for (const auto& argument : arguments->all()) {
    if (normalize_module_name(argument.name) != "intel_iommu" || !argument.value) continue;
    const auto options = split(*argument.value, ',');
    if (std::ranges::any_of(words_for_graphics,
                            [&](std::string_view word) { return std::ranges::find(options, word) != options.end(); }))
      return &argument;
  }
  return nullptr;
}

std::vector<Finding> run(const Host& host) {
  if (dma_remapping(host) != Switch::on) return {};
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    if (is_no_loss(function) || function.iommu_group.has_value()) continue;
    const std::string source = function.sysfs_path + "/iommu_group";
    auto finding = check.finding(Status::fail, device_subject(function.address),
                                 "It is in no IOMMU group although the IOMMU is on: no remapping unit covers it, so VFIO "
                                 "cannot take it.");
    if (is_intel_graphics(function))
      finding.summary =
          "It is in no IOMMU group although the IOMMU is on: the kernel leaves the graphics of this processor "
          "out (a quirk of its own for some, such as Broadwell, or igfx_off or intgpu_off on the command "
          "line), so VFIO cannot take it.";
    finding.effect = Effect::blocked;
    finding.evidence = {{source, function.iommu_group.why()}};
    if (const auto* argument = is_intel_graphics(function) ? leaves_graphics_out(host) : nullptr) {
      finding.summary = "It is in no IOMMU group although the IOMMU is on: " + argument->text() +
                        " on the command line leaves the processor's graphics out, so VFIO cannot take it.";
      finding.evidence.push_back({"/proc/cmdline", argument->text()});
      finding.remedy = {
          remove_kernel_argument_options(host, *argument, {words_for_graphics.begin(), words_for_graphics.end()})};
    }
    if (function.iommu_group.is_unreadable()) {
      finding.status = Status::unknown;
      finding.summary = "Which IOMMU group it is in could not be read.";
    }
    findings.push_back(finding);
  }
  if (!findings.empty()) return findings;
  auto finding = check.finding(Status::pass, host_subject, "Every function that could be assigned is in an IOMMU group.");
  finding.evidence = {{"/sys/bus/pci/devices/*/iommu_group", std::to_string(host.all_functions().size()) + " functions"}};
  return {finding};
}

}  // namespace

Check group_exists_check() { return check; }

}  // namespace vfio_doctor
