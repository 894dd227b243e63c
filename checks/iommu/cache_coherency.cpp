// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/kernel_rules.hpp"
#include "checks/kernel/log_line.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"cache-coherency", "DMA that sees the caches", 45, run};

Finding finding_on(Status status, std::string summary, const std::vector<const IommuUnit*>& units) {
  auto finding = check.finding(status, host_subject, std::move(summary));
  if (status != Status::pass) finding.effect = Effect::blocked;
  constexpr std::size_t most_shown = 8;
  for (const auto* unit : units) {
    if (finding.evidence.size() == most_shown) break;
    const auto& coherent = unit->coherent;
    finding.evidence.push_back(
        {"/sys/class/iommu/" + unit->name,
         coherent.has_value() ? (coherent.value() ? "dma-coherent in the device tree" : "no dma-coherent in the device tree")
                              : coherent.why()});
  }
  return finding;
}

/// That of an Arm machine with ACPI only the kernel knows: vfio-pci's probe of a device in a group fails with EINVAL.
std::vector<Finding> refused_by_the_kernel(const Host& host) {
  if (host.cpu.architecture != Architecture::arm) return {};
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    if (!function.iommu_group.has_value() || function.is_bridge()) continue;
    const auto* line = find_log_line(host.kernel.device_log, [&](const std::string& one) {
      return one.find(function.address.text()) != one.npos && one.find("vfio-pci") != one.npos &&
             one.find("failed with error -22") != one.npos;
    });
    if (!line) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "vfio-pci refused it although it has an IOMMU group: on Arm "
                                 "that is most likely an IOMMU whose DMA does not see the processor's caches.");
    finding.evidence = {{"kernel log", *line}, {function.sysfs_path + "/iommu_group", std::to_string(*function.iommu_group)}};
    finding.remedy = {
        {"No setting changes this: the firmware's table (IORT) says so of the machine. A firmware update may correct it.",
         {},
         {},
         {}}};
    findings.push_back(std::move(finding));
  }
  return findings;
}

std::vector<Finding> run(const Host& host) {
  std::vector<const IommuUnit*> units;
  if (const auto* all = host.iommu.units.get())
    for (const auto& unit : *all)
      if (!unit.coherent.is_absent()) units.push_back(&unit);
  // x86 and s390 always are.
  if (units.empty()) return refused_by_the_kernel(host);
  const auto is = [](bool value) { return [value](const IommuUnit* unit) { return unit->coherent.is(value); }; };
  if (std::ranges::all_of(units, is(true)))
    return {finding_on(Status::pass, "DMA through the IOMMU sees the processor's caches.", units)};
  if (!std::ranges::all_of(units, is(false)))
    return {finding_on(Status::unknown,
                       "Not every IOMMU of this host is known to keep DMA coherent with the processor's caches; VFIO takes no "
                       "device behind one that does not.",
                       units)};
  const auto rule = has_rule_since(host, {5, 19});
  if (rule == KernelRule::no) {
    auto finding =
        finding_on(Status::warn,
                   "DMA through the IOMMU does not see the processor's caches: this kernel allows the assignment, and "
                   "guests may read stale data; Linux 5.19 and newer refuse it.",
                   units);
    finding.effect = Effect::none;
    return {finding};
  }
  auto finding =
      finding_on(rule == KernelRule::yes ? Status::fail : Status::unknown,
                 "DMA through the IOMMU does not see the processor's caches: vfio-pci takes no device (\"probe with driver "
                 "vfio-pci failed with error -22\").",
                 units);
  finding.remedy = {
      {"The hardware decides. Where it is coherent and only the device tree does not say so, a newer device tree of the "
       "board helps.",
       {},
       {},
       "A device tree that claims it of hardware that is not makes data go wrong silently."}};
  return {finding};
}

}  // namespace

Check cache_coherency_check() { return check; }

}  // namespace vfio_doctor
