// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/memory/memory.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "machine/read_number.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_nodes = 256, most_pools = 16, most_files = 64, most_lines = 256;

/// "MemAvailable:   16310028 kB", of a node "Node 0 MemTotal:  16310028 kB": the number behind `name`.
Observed<std::uint64_t> kib_of(const Observed<std::string>& text, std::string_view name) {
  if (!text.has_value()) return Observed<std::uint64_t>::like(text);
  for (const auto line : split_lines(text.value())) {
    const auto words = split_words(line);
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
      if (words[i] == name)
        if (const auto number = parse_unsigned(words[i + 1])) return *number;
  }
  return Observed<std::uint64_t>::unreadable("no line " + std::string(name));
}

Observed<std::vector<HugePagePool>> read_pools(const Root& root, const std::string& directory) {
  const auto names = root.list(directory);
  if (!names.has_value()) return Observed<std::vector<HugePagePool>>::like(names);
  std::vector<HugePagePool> pools;
  for (const std::string_view name : names.value()) {
    if (!name.starts_with("hugepages-") || !name.ends_with("kB") || pools.size() == most_pools) continue;
    const auto size = parse_unsigned(name.substr(10, name.size() - 12));
    const auto path = directory + "/" + std::string(name);
    const auto total = read_number<std::uint64_t>(root, path + "/nr_hugepages"),
               free = read_number<std::uint64_t>(root, path + "/free_hugepages");
    if (size && *size < 1ULL << 32 && total.has_value() && free.has_value() && *total < 1ULL << 32)
      pools.push_back({*size, *total, *free});
  }
  std::ranges::sort(pools, {}, &HugePagePool::page_kib);
  return pools;
}

/// The kernel's own word (hugetlb_report_meminfo() in mm/hugetlb.c), which libvirt takes as well (virFileGetDefaultHugepageSize() in
/// src/util/virfile.c). Where nobody recorded it, the only size is the default: there is no kernel without one.
Observed<std::uint64_t> default_page(const Observed<std::string>& text, const Observed<std::vector<HugePagePool>>& pools) {
  if (pools.is_absent()) return Observed<std::uint64_t>::absent();
  auto size = kib_of(text, "Hugepagesize:");
  if (!size.has_value() && pools.has_value() && pools->size() == 1) return pools->front().page_kib;
  return size.has_value() && *size == 0 ? Observed<std::uint64_t>::unreadable("Hugepagesize: 0") : size;
}

std::vector<MemoryNode> read_nodes(const Root& root) {
  const std::string directory = "/sys/devices/system/node";
  std::vector<MemoryNode> nodes;
  const auto online = root.read_line(directory + "/online");
  if (!online.has_value() || online->find_first_of("-,") == std::string::npos) return nodes;
  const auto names = root.list(directory);
  if (!names.has_value()) return nodes;
  for (const std::string_view name : names.value()) {
    const auto number = name.starts_with("node") ? parse_unsigned(name.substr(4)) : std::nullopt;
    if (!number || *number >= 1 << 20 || nodes.size() == most_nodes) continue;
    const auto path = directory + "/" + std::string(name);
    const auto pools = read_pools(root, path + "/hugepages");
    nodes.push_back({static_cast<int>(*number), kib_of(root.read(path + "/meminfo", 64 << 10), "MemTotal:"),
                     pools.has_value() ? pools.value() : std::vector<HugePagePool>()});
  }
  std::ranges::sort(nodes, {}, &MemoryNode::number);
  return nodes;
}

void read_lock_limits(const Root& root, const std::string& file, std::vector<LockLimitLine>& lines) {
  const auto text = root.read(file);
  if (!text.has_value()) return;
  unsigned number = 0;
  for (const auto line : split_lines(text.value())) {
    ++number;
    const auto words = split_words(line.substr(0, line.find('#')));
    if (words.size() >= 4 && words[2] == "memlock" && lines.size() < most_lines)
      lines.push_back({std::string(words[0]), std::string(words[3]), file + ":" + std::to_string(number)});
  }
}

std::vector<LockLimitLine> read_all_lock_limits(const Root& root) {
  std::vector<LockLimitLine> lines;
  read_lock_limits(root, "/etc/security/limits.conf", lines);
  const std::string directory = "/etc/security/limits.d";
  const auto names = root.list(directory);
  std::size_t files = 0;
  if (names.has_value())
    for (const auto& name : names.value())
      if (name.ends_with(".conf") && ++files <= most_files) read_lock_limits(root, directory + "/" + name, lines);
  return lines;
}

}  // namespace

MemoryFacts gather_memory(const Root& root) {
  MemoryFacts facts;
  const auto text = root.read("/proc/meminfo", 64 << 10);
  facts.total_kib = kib_of(text, "MemTotal:");
  facts.available_kib = kib_of(text, "MemAvailable:");
  facts.commit_limit_kib = kib_of(text, "CommitLimit:");
  facts.committed_kib = kib_of(text, "Committed_AS:");
  facts.overcommit_mode = read_number<std::uint64_t>(root, "/proc/sys/vm/overcommit_memory");
  facts.pools = read_pools(root, "/sys/kernel/mm/hugepages");
  facts.default_page_kib = default_page(text, facts.pools);
  facts.nodes = read_nodes(root);
  facts.lock_limits = read_all_lock_limits(root);
  facts.mappings_allowed = read_number<std::uint64_t>(root, "/sys/module/vfio_iommu_type1/parameters/dma_entry_limit");
  return facts;
}

}  // namespace vfio_doctor
