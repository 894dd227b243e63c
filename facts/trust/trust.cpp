// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/trust/trust.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_domains = 64, most_functions = 4'096;

Observed<std::vector<ThunderboltDomain>> read_thunderbolt(const Root& root) {
  const std::string directory = "/sys/bus/thunderbolt/devices";
  const auto names = root.list(directory);
  if (!names.has_value()) return Observed<std::vector<ThunderboltDomain>>::like(names);
  std::vector<ThunderboltDomain> domains;
  for (const auto& name : names.value()) {
    if (!name.starts_with("domain") || domains.size() == most_domains) continue;
    ThunderboltDomain domain{name, {}, root.read_line(directory + "/" + name + "/security")};
    const auto protection = root.read_line(directory + "/" + name + "/iommu_dma_protection");
    domain.dma_protection =
        protection.has_value() ? Observed<bool>(protection.value() == "1") : Observed<bool>::like(protection);
    domains.push_back(std::move(domain));
  }
  return domains;
}

/// DEVICE/removable says "removable", "fixed" or "unknown" (Documentation/ABI/testing/sysfs-devices-removable).
std::vector<PciAddress> read_removable(const Root& root) {
  const std::string directory = "/sys/bus/pci/devices";
  const auto names = root.list(directory);
  std::vector<PciAddress> found;
  if (!names.has_value() || names->size() > most_functions) return found;
  for (const auto& name : names.value())
    if (const auto address = PciAddress::parse(name);
        address && root.read_line(directory + "/" + name + "/removable").is("removable"))
      found.push_back(*address);
  std::ranges::sort(found);
  return found;
}

Observed<std::vector<std::string>> read_flags(const Root& root) {
  static constexpr auto wanted = std::to_array<std::string_view>({"sev", "sev_es", "sev_snp", "tdx_host_platform"});
  const auto text = root.read_head("/proc/cpuinfo", 64 << 10);
  if (!text.has_value()) return Observed<std::vector<std::string>>::like(text);
  std::vector<std::string> found;
  for (const auto line : split_lines(text.value())) {
    if (!line.starts_with("flags")) continue;
    for (const auto word : split_words(line))
      if (std::ranges::find(wanted, word) != wanted.end()) found.emplace_back(word);
    break;
  }
  return found;
}

}  // namespace

TrustFacts gather_trust(const Root& root) {
  TrustFacts facts;
  facts.thunderbolt = read_thunderbolt(root);
  if (facts.thunderbolt.has_value() && !facts.thunderbolt->empty()) facts.removable = read_removable(root);
  facts.confidential_flags = read_flags(root);
  return facts;
}

}  // namespace vfio_doctor
