// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
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
  } else if (!domain.viommus.empty() && devices > 1 && limit / devices < memory) {
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

/// Of the pages that are meant, in KiB; nothing where the host's default counts and is not known.
std::optional<std::uint64_t> page_kib_of(const DomainCase& here) {
  if (here.domain.huge_page_bytes) return *here.domain.huge_page_bytes / 1024;
  const auto* usual = here.host.guest_memory.default_page_kib.get();
  return usual ? std::optional(*usual) : std::nullopt;
}

bool has_them_already(const DomainCase& here) {
  const auto* running = here.around.running.get();
  return running && std::ranges::any_of(*running, [&here](const RunningDomain& one) { return one.name == here.domain.name; });
}

/// "huge pages of 2 MiB, of which the host has 12, 3 of them free"
std::string pages_in_words(const HugePagePool& pool) {
  const auto bytes = pool.page_kib * 1024;
  const auto size = bytes >= gib ? size_text(bytes) : std::to_string(bytes >> 20) + " MiB";
  const auto had = pool.total == 0 ? "none" : std::to_string(pool.total) + ", " + std::to_string(pool.free) + " of them free";
  return "huge pages of " + size + ", of which the host has " + had;
}

/// Memory from huge pages of a size of which the host has too few (mm/hugetlb.c gives ENOMEM). A hook of libvirt may set them
/// aside when the guest starts, so this is no failure.
void judge_pages(const DomainCase& here, std::uint64_t memory, std::vector<Finding>& findings) {
  if (!here.domain.huge_pages || has_them_already(here)) return;
  const auto& pools = here.host.guest_memory.pools;
  const auto size = page_kib_of(here);
  if (pools.is_unreadable() || (pools.has_value() && (!size || *size == 0))) {
    findings.push_back(
        check.finding(Status::unknown, here,
                      "Its memory is to come from huge pages; whether the host has enough of them could not be seen."));
    findings.back().evidence = {
        {"/sys/kernel/mm/hugepages", pools.is_unreadable() ? pools.why() : "which size is meant is not known"}};
    return;
  }
  HugePagePool pool{.page_kib = size.value_or(0)};
  if (const auto* all = pools.get())
    for (const auto& one : *all)
      if (one.page_kib == pool.page_kib) pool = one;
  if (pools.has_value() && pool.free >= memory / 1024 / pool.page_kib) return;
  findings.push_back(
      check.at_line(Status::warn, here, here.domain.memory_line,
                    "Its memory of " + size_text(memory) + " is to come from " +
                        (pools.has_value() ? pages_in_words(pool) : "huge pages, which this kernel does not have") +
                        ": it does not start, unless a hook sets them aside first.",
                    "unable to map backing store for guest RAM: Cannot allocate memory"));
  const std::string source = "/sys/kernel/mm/hugepages";
  findings.back().evidence.push_back(
      pools.has_value() ? Evidence{source + "/hugepages-" + std::to_string(pool.page_kib) + "kB",
                                   std::to_string(pool.total) + " pages, " + std::to_string(pool.free) + " free"}
                        : Evidence{source, "absent"});
  findings.back().remedy = {
      {"Set as many aside when the host starts (hugepagesz=, hugepages= on the kernel command line), ask for "
       "pages of a size that the host has, or take <hugepages/> out: VFIO does without.",
       {"grep -i huge /proc/meminfo"},
       {},
       "What is set aside is missing for everything else."}};
}

/// virNumaNodesetIsAvailable(); what was not seen changes no verdict here, as with the host's memory.
void judge_nodes(const DomainCase& here, std::vector<Finding>& findings) {
  const auto* nodes = here.around.nodes.get();
  if (!nodes) return;
  const auto is_missing = [nodes](const auto& wanted) { return std::ranges::find(*nodes, wanted.first) == nodes->end(); };
  const auto missing = std::ranges::find_if(here.domain.host_nodes, is_missing);
  if (missing == here.domain.host_nodes.end()) return;
  const auto number = std::to_string(missing->first);
  findings.push_back(check.at_line(Status::fail, here, missing->second,
                                   "Its memory is to come from NUMA node " + number + ", which the host does not have.",
                                   "NUMA node " + number + " is unavailable"));
  findings.back().remedy = {
      {"Name a node that the host has, best that of the device: `vfio-doctor check` tells it.", {}, {}, {}}};
}

std::vector<Finding> run(const DomainCase& here) {
  const auto devices = static_cast<std::uint64_t>(std::ranges::count_if(here.domain.hostdevs, [](const DomainHostdev& device) {
    return device.origin != DomainHostdev::Origin::network && device.address.type != "unassigned";
  }));
  if (devices == 0 || !here.domain.memory_bytes) return {};
  std::vector<Finding> findings;
  judge_limit(here, *here.domain.memory_bytes, devices, findings);
  judge_host(here, *here.domain.memory_bytes, findings);
  judge_pages(here, *here.domain.memory_bytes, findings);
  judge_nodes(here, findings);
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
