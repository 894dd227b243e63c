// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"
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

/// A root port of Intel's chipset (00:1b, 1c, 1d) with others in its group: those ports have no ACS of their own, and the kernel
/// switches on what stands in for it (drivers/pci/quirks.c pci_quirk_enable_intel_pch_acs()).
bool has_a_chipset_port_in_company(const Host& host) {
  if (!host.iommu.groups.has_value()) return false;
  return std::ranges::any_of(host.iommu.groups.value(), [&host](const IommuGroup& group) {
    return group.members.size() > 1 && std::ranges::any_of(group.members, [&host](const PciAddress& address) {
             const auto* function = host.find(address);
             return function && function->is_bridge() && function->id.vendor.is(0x8086) && address.bus == 0 &&
                    address.device >= 0x1b && address.device <= 0x1d;
           });
  });
}

/// Regions that are mapped by pages of 2 MiB.
bool holds_large_regions(const Host& host) {
  return std::ranges::any_of(host.all_functions(), [](const PciFunction& function) {
    const auto* regions = function.regions.get();
    if (!is_held_by_vfio(function)) return false;
    if (!regions) return is_display(function);
    return std::ranges::any_of(*regions, [](const Region& region) { return region.is_memory() && region.bytes() >= 2 << 20; });
  });
}

/// Where a guest's firmware places a device's memory beyond the IOMMU, it is not mapped as a whole when the guest starts.
bool has_a_narrow_iommu(const Host& host) {
  const auto width = least_address_width(host);
  const auto* bits = host.room.physical_bits.get();
  return width && bits && *bits > width->bits && holds_large_regions(host);
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
      holds_graphics_behind_a_port},
     {"kernel-acs-quirks-lost",
      "ports of Intel's chipset are not kept apart, so that they and what lies behind them share a group, as they do here",
      has_a_chipset_port_in_company},
     {"kernel-huge-faults",
      "memory of a device is mapped to the wrong place in a guest (wrong pictures, a driver that does not start, hangs)",
      holds_large_regions},
     {"kernel-huge-faults-race",
      "a guest stops (\"error: kvm run failed Bad address\") where its firmware places a device's memory beyond the addresses "
      "of "
      "the IOMMU, as it does on this host, whose processor has more address bits",
      has_a_narrow_iommu}});

/// "6.14.4"; "6.15.x" where the table means every later one (99 or 999 as the last number).
std::string words_of(const std::vector<std::uint64_t>& bound) {
  std::string words;
  for (std::size_t i = 0; i < bound.size(); ++i) {
    const bool any = i + 1 == bound.size() && (bound[i] == 99 || bound[i] == 999);
    words += (i == 0 ? "" : ".") + (any ? std::string("x") : std::to_string(bound[i]));
  }
  return words;
}

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
                                     ". Whether this build carries the fix could not be told from its number.");
    finding.evidence = {{"/proc/sys/kernel/osrelease", *release}, {row->source, std::string(defect.fact)}};
    finding.remedy = {{"Start a kernel that is not one of " + words_of(row->from) + " to " + words_of(row->to) +
                           ", older or newer, and keep it until the fix is in yours.",
                       {"uname -r"},
                       {},
                       {}}};
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
