// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-memory", "Memory that VFIO locks", 90, run};

constexpr std::uint64_t gib = 1ULL << 30;

std::string size_text(std::uint64_t bytes) {
  const auto tenths = (bytes * 10) / gib;
  return tenths >= 10 ? std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " GiB"
                      : std::to_string(bytes >> 20) + " MiB";
}

void judge_limit(const DomainCase& here, std::uint64_t memory, std::uint64_t devices, std::vector<Finding>& findings) {
  const auto& domain = here.domain;
  if (!domain.hard_limit_bytes) return;
  const auto limit = *domain.hard_limit_bytes;
  const auto sizes = "its hard_limit is " + size_text(limit) + ", its memory " + size_text(memory);
  if (limit < memory) {
    findings.push_back(check.at_line(Status::fail, here, domain.hard_limit_line,
                                     "VFIO locks all memory of the guest, which the limit does not allow: " + sizes + ".",
                                     "vfio_dma_map: -12 (Cannot allocate memory)"));
  } else if (domain.viommu && devices > 1 && limit / devices < memory) {
    findings.push_back(check.at_line(Status::warn, here, domain.hard_limit_line,
                                     "Behind a virtual IOMMU each of the " + std::to_string(devices) +
                                         " devices locks the guest's memory again: " + sizes + "."));
  } else if (limit < memory + gib) {
    findings.push_back(
        check.at_line(Status::warn, here, domain.hard_limit_line,
                      "The limit leaves QEMU and the devices' registers less than 1 GiB beside the guest's memory: " + sizes +
                          "."));
  } else {
    return;
  }
  findings.back().remedy = {{"Take <hard_limit> out: libvirt then allows what the devices need.", {}, {}, {}}};
}

void judge_host(const DomainCase& here, std::uint64_t memory, std::vector<Finding>& findings) {
  const auto* total = here.around.memory_bytes.get();
  if (!total) return;
  const auto sizes = "it has " + size_text(memory) + ", the host " + size_text(*total);
  if (memory > *total)
    findings.push_back(
        check.at_line(Status::fail, here, here.domain.memory_line,
                      "VFIO locks all memory of the guest, and the host has less (swap does not help): " + sizes + ".",
                      "cannot set up guest memory 'pc.ram': Cannot allocate memory\nvfio_dma_map: -12 (Cannot allocate "
                      "memory)"));
  else if (memory > *total - *total / 16)
    findings.push_back(check.at_line(Status::warn, here, here.domain.memory_line,
                                     "VFIO locks all memory of the guest, which leaves the host next to none: " + sizes + "."));
  else
    return;
  findings.back().evidence.push_back({"/proc/meminfo", "MemTotal: " + std::to_string(*total / 1024) + " kB"});
}

std::vector<Finding> run(const DomainCase& here) {
  const auto devices = static_cast<std::uint64_t>(std::ranges::count_if(here.domain.hostdevs, [](const DomainHostdev& device) {
    return device.origin != DomainHostdev::Origin::network && device.address.type != "unassigned";
  }));
  if (devices == 0 || !here.domain.memory_bytes) return {};
  std::vector<Finding> findings;
  judge_limit(here, *here.domain.memory_bytes, devices, findings);
  judge_host(here, *here.domain.memory_bytes, findings);
  if (!findings.empty()) return findings;
  if (here.around.memory_bytes.has_value())
    return {check.finding(Status::pass, here, "The host has the memory that VFIO locks for it, and no limit forbids it.")};
  auto finding =
      check.finding(Status::unknown, here, "Whether the host has the memory that VFIO locks for it could not be seen.");
  finding.evidence = {{"/proc/meminfo", here.around.memory_bytes.why()}};
  return {finding};
}

}  // namespace

DomainCheck domain_memory_check() { return check; }

}  // namespace vfio_doctor
