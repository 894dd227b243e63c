// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/signatures/known_versions.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"kernel-regressions", "Defects of this kernel", 30, run};

/// What a row of kernel_ranges.tsv means, and on which hosts it is felt.
struct Defect {
  std::string_view fact, words;
  bool (*is_felt)(const Host& host);
};

bool has_virtual_functions(const Host& host) {
  return std::ranges::any_of(host.all_functions(),
                             [](const PciFunction& function) { return function.physical_function.has_value(); });
}

bool shares_intel_graphics(const Host& host) {
  const bool asked = host.kernel.arguments.has_value() && host.kernel.arguments->last("i915.max_vfs");
  return asked || std::ranges::any_of(host.all_functions(), [](const PciFunction& function) {
           return is_display(function) && function.id.vendor.is(0x8086) && function.virtual_functions.has_value() &&
                  *function.virtual_functions > 0;
         });
}

bool holds_devices(const Host& host) {
  return std::ranges::any_of(host.all_functions(), [](const PciFunction& function) { return is_held_by_vfio(function); });
}

/// Behind a port: there a reset of the bus takes the link down.
bool holds_graphics_behind_a_port(const Host& host) {
  return std::ranges::any_of(host.all_functions(), [](const PciFunction& function) {
    return is_held_by_vfio(function) && is_display(function) && function.parent.has_value();
  });
}

constexpr auto defects = std::to_array<Defect>(
    {{"kernel-vf-open-denied", "opening a virtual function fails (\"error getting device from group: Permission denied\")",
      has_virtual_functions},
     {"kernel-vf-shutdown-hang",
      "a host that gave out parts of Intel's graphics hangs when it is shut down; the last build "
      "without it is 6.8.12-11-pve",
      shares_intel_graphics},
     {"kernel-reset-refused", "a bus is not reset while one function on it has no reset of its own, so some cards work once",
      holds_devices},
     {"kernel-pciehp-links",
      "a reset of a graphics card behind a hot-plug port is taken for an unplug, and the card is "
      "gone",
      holds_graphics_behind_a_port}});

std::vector<Finding> run(const Host& host) {
  const auto* release = host.kernel.release.get();
  if (!release)
    return {
        check.not_seen("The kernel's release could not be read.", {"/proc/sys/kernel/osrelease", host.kernel.release.why()})};
  std::vector<Finding> findings;
  for (const auto& defect : defects) {
    const auto row = std::ranges::find_if(kernel_ranges(), [&](const KernelRange& range) {
      return range.fact == defect.fact && is_in_range(*release, range);
    });
    if (row == kernel_ranges().end() || !defect.is_felt(host)) continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "Kernels of this number have a known defect: " + std::string(defect.words) +
                                     ". Whether this build carries the mending could not be told from its number.");
    finding.evidence = {{"/proc/sys/kernel/osrelease", *release}, {row->source, std::string(defect.fact)}};
    finding.remedy = {
        {"Start a kernel outside that range, older or newer, and keep it until the mending is in.", {"uname -r"}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No defect of this kernel is known that "
                                     "this host would feel."));
  return findings;
}

}  // namespace

Check kernel_regressions_check() { return check; }

}  // namespace vfio_doctor
