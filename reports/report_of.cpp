// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/report_of.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>

#include "base/clock.hpp"
#include "base/in_parallel.hpp"
#include "base/known.hpp"
#include "base/version.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "reports/bounds.hpp"
#include "reports/mask_report.hpp"

namespace vfio_doctor {
namespace {

DeviceReport describe_device(const DeviceDecision& decision) {
  const auto& function = *decision.function;
  DeviceReport device;
  device.address = function.address;
  device.id = function.id;
  device.name = function.name;
  device.class_name = function.class_name;
  device.iommu_group = known(function.iommu_group);
  device.driver = known(function.driver);
  device.parent = function.parent;
  device.is_bridge = function.is_bridge();
  device.verdict = decision.verdict;
  device.companions_total = decision.companions_total;
  std::ranges::copy(decision.companions | std::views::take(bounds::companions), std::back_inserter(device.companions));
  device.reasons = decision.reasons;
  return device;
}

std::optional<std::string> vendor_text(CpuVendor vendor) {
  switch (vendor) {
    case CpuVendor::intel:
      return "intel";
    case CpuVendor::amd:
      return "amd";
    case CpuVendor::arm:
      return "arm";
    case CpuVendor::other:
      return "other";
    case CpuVendor::unknown:
      return std::nullopt;
  }
  return std::nullopt;
}

Report::HostSummary summarize(const Host& host) {
  Report::HostSummary summary;
  summary.kernel = known(host.kernel.release);
  summary.cpu_vendor = vendor_text(host.cpu.vendor);
  summary.distribution =
      known(host.distribution.pretty_name.has_value() ? host.distribution.pretty_name : host.distribution.id);
  summary.iommu = to_text(dma_remapping(host));
  summary.interrupt_remapping = to_text(interrupt_remapping(host));
  return summary;
}

GroupReport describe_group(const IommuGroup& group) {
  GroupReport one;
  one.id = group.number;
  one.type = known(group.type);
  one.members = group.members;
  one.other_members = group.other_members;
  return one;
}

/// A recording shows what it holds, whoever looks at it.
std::vector<std::string> describe_limits(const Host& host, bool live) {
  std::vector<std::string> notes;
  if (!host.privileged && !host.all_functions().empty())
    notes.push_back(
        live ? "Seen without root. With sudo it also shows what the firmware tables say and why devices share a group."
             : "Recorded without root: what the firmware tables say and why devices share a group is not in it.");
  const auto asleep = std::ranges::count_if(host.all_functions(), [](const PciFunction& function) {
    return function.config.header_type.cause() == UnreadCause::asleep;
  });
  if (asleep > 0)
    notes.push_back(
        std::to_string(asleep) +
        (live ? (asleep == 1 ? " function is" : " functions are") : (asleep == 1 ? " function was" : " functions were")) +
        (live ? " asleep and not woken; --wake reads them too." : " recorded asleep, and not woken for it."));
  return notes;
}

}  // namespace

Report report_of(const Report::Source& source, const Host& host, Judgement judgement,
                 const std::vector<PciAddress>& selection) {
  Report report;
  report.tool.version = program_version;
  report.generated_at = time_of_report();
  report.source = source;
  report.host = summarize(host);
  report.notes = describe_limits(host, source.kind == "live");
  report.verdict = judgement.verdict;
  report.next_boot = std::move(judgement.next_boot);
  report.selection = selection;
  report.devices = in_parallel(judgement.decisions, describe_device);
  report.findings = std::move(judgement.findings);
  if (host.iommu.groups.has_value()) report.groups = in_parallel(host.iommu.groups.value(), describe_group);
  return report;
}

void finish_report(Report& report) {
  mask_secrets(report);  // first: of a text that was cut, the end of a secret may be gone by which it is known
  bound_report(report);
}

}  // namespace vfio_doctor
