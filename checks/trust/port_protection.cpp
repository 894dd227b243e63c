// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"port-protection", "Protection against what is plugged in", 20, run};

std::vector<Finding> run(const Host& host) {
  const auto* domains = host.trust.thunderbolt.get();
  if (!domains || domains->empty()) return {};
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& domain : *domains) {
    if (!domain.dma_protection.has_value() || !domain.security.has_value()) continue;
    any = true;
    if (*domain.dma_protection || *domain.security != "none") continue;
    auto finding = check.finding(Status::warn, host_subject,
                                 "Whatever is plugged into a Thunderbolt port of this host may "
                                 "reach all of its memory: the port has no DMA protection and asks nobody.");
    finding.evidence = {{"/sys/bus/thunderbolt/devices/" + domain.name + "/iommu_dma_protection", "0"},
                        {"/sys/bus/thunderbolt/devices/" + domain.name + "/security", "none"}};
    finding.remedy = {
        {"Switch on kernel DMA protection, or a security level, in the firmware's settings.", {"boltctl domains"}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "What is plugged into an external "
                                     "port does not reach the host's memory unasked."));
  return findings;
}

}  // namespace

Check port_protection_check() { return check; }

}  // namespace vfio_doctor
