// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/host_memory.hpp"

#include <string_view>

#include "base/text.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {
namespace {

const std::string cxl_devices = "/sys/bus/cxl/devices";
constexpr unsigned most_targets = 16;  // CXL 3.1, 8.2.4.20: ways of interleaving

/// "region0" in ".../decoder0.0/region0/dax_region0/dax0.0"; empty where the path has none.
std::string region_of(std::string_view path) {
  for (const auto part : split(path, '/'))
    if (part.starts_with("region") && part.size() > 6 && parse_unsigned(part.substr(6))) return std::string(part);
  return {};
}

/// "decoder5.0" belongs to "endpoint5", whose `uport` is the memory device below its function.
std::vector<PciAddress> function_of_decoder(const Root& root, std::string_view decoder) {
  constexpr std::string_view name = "decoder";
  if (!decoder.starts_with(name)) return {};
  const auto number = parse_unsigned(decoder.substr(name.size(), decoder.find('.') - name.size()));
  if (!number) return {};
  const auto port = root.canonical(cxl_devices + "/endpoint" + std::to_string(*number) + "/uport");
  return port.has_value() ? functions_behind(root, port.value()) : std::vector<PciAddress>{};
}

/// Every function that a region lies on; none where one of its parts could not be followed.
std::vector<PciAddress> functions_of_region(const Root& root, const std::string& region) {
  std::vector<PciAddress> functions;
  for (unsigned i = 0; i < most_targets; ++i) {
    const auto target = root.read_line(cxl_devices + "/" + region + "/target" + std::to_string(i));
    if (!target.has_value() || target->empty()) break;
    const auto behind = function_of_decoder(root, target.value());
    if (behind.empty()) return {};
    add_functions(functions, behind);
  }
  return functions;
}

}  // namespace

HostMemoryFacts gather_host_memory(const Root& root) {
  using Devices = std::vector<DeviceMemory>;
  HostMemoryFacts facts;
  Devices devices;
  auto& unread = facts.unread;
  for (const std::string driver : {"/sys/bus/dax/drivers/kmem", "/sys/bus/virtio/drivers/virtio_mem"}) {
    const auto names = root.list(driver);
    if (names.is_unreadable()) unread = driver + ": " + names.why();
    if (!names.has_value()) continue;
    for (const auto& name : names.value()) {
      const auto entry = driver + "/" + name;
      if (name == "module" || !root.read_link(entry).has_value()) continue;
      const auto path = root.canonical(entry);
      DeviceMemory memory{name, entry, {}};
      const auto link = root.read_link(entry);  // a recording may have the link and not what it leads to
      const auto place = path.has_value() ? path.value() : join_path(driver, link.value());
      memory.functions = functions_behind(root, place);
      if (const auto region = region_of(place); memory.functions.empty() && !region.empty())
        memory.functions = functions_of_region(root, region);
      devices.push_back(std::move(memory));
    }
  }
  if (!devices.empty())
    facts.devices = std::move(devices);
  else
    facts.devices = unread.empty() ? Observed<Devices>::absent() : Observed<Devices>::unreadable(unread);
  return facts;
}

}  // namespace vfio_doctor
