// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <map>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

using Counts = std::map<std::uint64_t, std::uint64_t>;

/// /proc/interrupts: a heading with one word per processor, then " 24:  0  17  PCI-MSI ...": that many counts.
Observed<Counts> read_counts(const Root& root) {
  const auto content = root.read("/proc/interrupts", 8 << 20);
  if (!content.has_value()) return Observed<Counts>::like(content);
  const auto lines = split_lines(content.value());
  const std::size_t processors = lines.empty() ? 0 : split_words(lines.front()).size();
  Counts counts;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto words = split_words(lines[i]);
    if (words.empty() || words.front().back() != ':') continue;
    const auto number = parse_unsigned(words.front().substr(0, words.front().size() - 1));
    if (!number) continue;
    std::uint64_t sum = 0;
    for (std::size_t column = 1; column <= processors && column < words.size(); ++column)
      sum += parse_unsigned(words[column]).value_or(0);
    counts[*number] = sum;
  }
  return counts;
}

Observed<std::uint64_t> sum_of(const Observed<Counts>& counts, const std::vector<std::uint64_t>& numbers) {
  if (!counts.has_value()) return Observed<std::uint64_t>::like(counts);
  std::uint64_t sum = 0;
  bool listed = false;
  for (const auto number : numbers) {
    const auto found = counts->find(number);
    if (found == counts->end()) continue;
    listed = true;
    sum += found->second;
  }
  if (!listed) return Observed<std::uint64_t>::absent();
  return sum;
}

}  // namespace

void gather_interrupts(const Root& root, const std::vector<FunctionPath>& functions) {
  const auto counts = read_counts(root);
  for (const auto& [path, function] : functions) {
    const auto vectors = root.list(path + "/msi_irqs");
    if (vectors.is_unreadable()) {
      function->interrupts.vectors = Observed<unsigned>::like(vectors);
      continue;
    }
    std::vector<std::uint64_t> numbers;
    if (vectors.has_value())
      for (const auto& name : vectors.value())
        if (const auto number = parse_unsigned(name)) numbers.push_back(*number);
    function->interrupts.vectors = static_cast<unsigned>(numbers.size());
    if (numbers.empty()) {
      const auto line = root.read_line(path + "/irq");
      const auto number = line.has_value() ? parse_unsigned(line.value()) : std::nullopt;
      if (number && *number != 0) numbers.push_back(*number);
    }
    function->interrupts.arrived = sum_of(counts, numbers);
  }
}

}  // namespace vfio_doctor
