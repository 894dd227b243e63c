// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/sysfs_path.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

struct Step {
  PciAddress address;
  std::size_t end = 0;  // where the path of this function ends
  bool has_own_domain = false;
};

/// "pci10000:e0", the directory of a root bus.
bool is_root_bus(std::string_view component) { return component.starts_with("pci") && component.find(':') != component.npos; }

/// The functions along the path. A name counts only as sysfs writes it, so that a hostile device name does not.
std::vector<Step> steps_along(const std::string& path) {
  std::vector<Step> steps;
  std::size_t start = 0;
  while (start < path.size()) {
    auto end = path.find('/', start);
    if (end == std::string::npos) end = path.size();
    const auto component = std::string_view(path).substr(start, end - start);
    const auto address = PciAddress::parse(component);
    if (address && address->text() == component)
      steps.push_back({*address, end});
    else if (!steps.empty() && is_root_bus(component))
      steps.back().has_own_domain = true;
    start = end + 1;
  }
  return steps;
}

/// A port that Thunderbolt or USB4 tunnels through depends on the controller: "supplier:pci:0000:00:0d.2" in its directory
/// (tb_acpi_add_link() in drivers/thunderbolt/acpi.c, device_link_add() in drivers/base/core.c).
std::optional<PciAddress> tunnel_controller_of(const Root& root, const std::string& port) {
  constexpr std::string_view mark = "supplier:pci:";
  const auto entries = root.list(port);
  if (!entries.has_value()) return std::nullopt;
  for (const auto& entry : entries.value())
    if (entry.starts_with(mark))
      if (const auto address = PciAddress::parse(std::string_view(entry).substr(mark.size()))) return address;
  return std::nullopt;
}

}  // namespace

std::vector<PciAddress> functions_behind(const Root& root, const std::string& sysfs_path) {
  if (!sysfs_path.starts_with("/sys/devices/")) return {};
  const auto steps = steps_along(sysfs_path);
  if (steps.empty()) return {};
  std::vector<PciAddress> functions = {steps.back().address};
  for (const auto& step : steps)
    if (step.has_own_domain) functions.push_back(step.address);
  for (std::size_t i = 0; i + 1 < steps.size(); ++i)
    if (const auto controller = tunnel_controller_of(root, sysfs_path.substr(0, steps[i].end)))
      functions.push_back(*controller);
  const auto physical = root.read_link(sysfs_path.substr(0, steps.back().end) + "/physfn");
  if (physical.has_value())
    if (const auto address = PciAddress::parse(base_name(physical.value()))) functions.push_back(*address);
  std::vector<PciAddress> sorted;
  add_functions(sorted, functions);
  return sorted;
}

bool is_sysfs_device(std::string_view sysfs_path) { return sysfs_path.starts_with("/sys/devices/"); }

std::string no_sysfs_device(const std::string& entry) {
  return entry + " leads to no place below /sys/devices, so what it stands on cannot be seen";
}

std::optional<PciAddress> controller_of(const std::string& sysfs_path) {
  const auto steps = steps_along(sysfs_path);
  if (steps.empty()) return std::nullopt;
  return steps.back().address;
}

bool has_component(std::string_view path, std::string_view name) {
  const auto parts = split(path, '/');
  return std::ranges::find(parts, name) != parts.end();
}

void add_functions(std::vector<PciAddress>& functions, const std::vector<PciAddress>& more) {
  functions.insert(functions.end(), more.begin(), more.end());
  std::ranges::sort(functions);
  const auto repeated = std::ranges::unique(functions);
  functions.erase(repeated.begin(), repeated.end());
}

Observed<unsigned> read_group_link(const Root& root, const std::string& path) {
  const auto target = root.read_link(path);
  if (!target.has_value()) return Observed<unsigned>::like(target);
  const auto number = parse_unsigned(base_name(target.value()));
  if (!number || *number > 0x7fffffff) return Observed<unsigned>::unreadable("the link does not name a group");
  return static_cast<unsigned>(*number);
}

}  // namespace vfio_doctor
