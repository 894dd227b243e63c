// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-viommu", "The guest's own IOMMU", 100, run};

std::vector<Finding> run(const DomainCase& here) {
  const auto& domain = here.domain;
  if (!domain.viommu || domain.hostdevs.empty() || domain.viommu->model != "intel") return {};
  const auto& iommu = *domain.viommu;
  std::vector<Finding> findings;
  const auto add = [&](const std::string& summary, const std::string& words, const std::string& remedy) {
    findings.push_back(check.at_line(Status::fail, here, iommu.line, summary, words));
    findings.back().remedy = {{remedy, {}, {}, {}}};
  };
  if (iommu.caching_mode != "on")
    add("Without caching_mode='on' QEMU does not see what the guest maps, and does not start with an assigned device.",
        "We need to set caching-mode=on for intel-iommu to enable device assignment with IOMMU protection.",
        "Write <driver caching_mode='on'/> in <iommu>.");
  if (iommu.intremap == "on" && !domain.split_io_apic)
    add("Interrupt remapping in the guest wants a split I/O APIC.",
        "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')",
        "Write <ioapic driver='qemu'/> in <features>.");
  if (!domain.machine.empty() && domain.machine.find("q35") == std::string::npos)
    add("The machine type is not q35.", "IOMMU device: 'intel' is only supported with Q35 machines", "Use machine='q35'.");
  if (findings.empty()) findings.push_back(check.finding(Status::pass, here, "Its IOMMU is set up for assigned devices."));
  return findings;
}

}  // namespace

DomainCheck domain_viommu_check() { return check; }

}  // namespace vfio_doctor
