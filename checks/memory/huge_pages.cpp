// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"huge-pages", "Huge pages", 20, run};

/// "2M", "1G", "2048K" in KiB; nothing where it is no size.
std::optional<std::uint64_t> size_in_kib(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char unit = text.back();
  const std::uint64_t factor = unit == 'G' || unit == 'g'   ? 1 << 20
                               : unit == 'M' || unit == 'm' ? 1 << 10
                               : unit == 'K' || unit == 'k' ? 1
                                                            : 0;
  const auto number = factor == 0 ? std::nullopt : parse_unsigned(text.substr(0, text.size() - 1));
  return number && *number > 0 && *number < 1U << 20 ? std::optional(*number * factor) : std::nullopt;
}

/// What the command line asks for: pages by size in KiB. hugepages= means the hugepagesz= before it, else the default size; behind
/// one that is no size it is ignored (mm/hugetlb_cmdline.c, before 6.16 mm/hugetlb.c: hugepages_setup()). Numbers for single nodes
/// ("0:4,1:4") are left out.
std::map<std::uint64_t, std::uint64_t> asked_for(const KernelArguments& arguments, const Observed<std::uint64_t>& usual) {
  auto size = usual.has_value() ? std::optional(*usual) : std::nullopt;
  std::map<std::uint64_t, std::uint64_t> asked;
  for (const auto& argument : arguments.all()) {
    if (!argument.value) continue;
    if (argument.name == "hugepagesz") size = size_in_kib(*argument.value);
    if (argument.name == "hugepages" && size)
      if (const auto number = parse_unsigned(*argument.value)) asked[*size] = *number;
  }
  return asked;
}

std::string directory_of(std::uint64_t page_kib) {
  return "/sys/kernel/mm/hugepages/hugepages-" + std::to_string(page_kib) + "kB";
}

Evidence evidence_of(const HugePagePool& pool) {
  return {directory_of(pool.page_kib), std::to_string(pool.total) + " pages, " + std::to_string(pool.free) + " free"};
}

/// Fewer than the command line asked for; `pool` is nullptr where the kernel knows no pages of that size.
std::optional<Finding> judge(std::uint64_t page_kib, std::uint64_t asked, const HugePagePool* pool) {
  const auto there = pool ? pool->total : 0;
  if (there >= asked) return std::nullopt;
  auto finding =
      check.finding(Status::warn, host_subject,
                    "The command line asks for " + std::to_string(asked) + " huge pages of " + size_words(page_kib * 1024) +
                        ", and the kernel has " + (there == 0 ? "none" : std::to_string(there)) +
                        ": a guest that is to have them does not start.");
  if (pool)
    finding.evidence = {evidence_of(*pool)};
  else
    finding.evidence = {{directory_of(page_kib), "absent: a size that this machine or this kernel does not have"}};
  finding.remedy = {{"Ask for fewer. Large pages are only to be had early: on the kernel command line, not later.",
                     {"cat /proc/buddyinfo"},
                     {},
                     {}}};
  if (!pool) finding.remedy = {{"Ask for a size that it has.", {"ls /sys/kernel/mm/hugepages"}, {}, {}}};
  return finding;
}

std::optional<Finding> too_many(const Host& host, std::uint64_t reserved_kib) {
  const auto* total = host.guest_memory.total_kib.get();
  if (!total || *total == 0 || reserved_kib / 10 < *total / 11) return std::nullopt;  // more than ten elevenths
  auto finding = check.finding(Status::warn, host_subject,
                               size_words(reserved_kib * 1024) + " of " + size_words(*total * 1024) +
                                   " are set aside as huge pages: little is left for the host "
                                   "itself.");
  finding.evidence = {{"/proc/meminfo", "MemTotal: " + std::to_string(*total) + " kB"}};
  finding.remedy = {{"Set fewer aside.", {}, {}, {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  const auto& pools = host.guest_memory.pools;
  if (pools.is_unreadable())
    return {check.not_seen("Which huge pages there are could not be seen.", {"/sys/kernel/mm/hugepages", pools.why()})};
  if (!pools.has_value()) return {};
  const auto asked = host.kernel.arguments.has_value() ? asked_for(*host.kernel.arguments, host.guest_memory.default_page_kib)
                                                       : std::map<std::uint64_t, std::uint64_t>();
  std::vector<Finding> findings;
  std::uint64_t reserved_kib = 0;
  for (const auto& pool : *pools) reserved_kib += pool.total * pool.page_kib;
  for (const auto& [page_kib, number] : asked) {
    const auto found = std::ranges::find(*pools, page_kib, &HugePagePool::page_kib);
    if (auto finding = judge(page_kib, number, found == pools->end() ? nullptr : &*found))
      findings.push_back(std::move(*finding));
  }
  if (auto finding = too_many(host, reserved_kib)) findings.push_back(std::move(*finding));
  if (!findings.empty() || reserved_kib == 0) return findings;
  findings.push_back(
      check.finding(Status::pass, host_subject, size_words(reserved_kib * 1024) + " are set aside as huge pages."));
  for (const auto& pool : *pools)
    if (pool.total > 0) findings.back().evidence.push_back(evidence_of(pool));
  return findings;
}

}  // namespace

Check huge_pages_check() { return check; }

}  // namespace vfio_doctor
