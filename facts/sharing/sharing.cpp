// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/sharing/sharing.hpp"

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_told = 1'000;

/// A mediated device lies below its parent: /sys/devices/pci0000:00/0000:00:02.0/UUID.
Observed<std::vector<MediatedDevice>> read_mediated(const Root& root) {
  const std::string directory = "/sys/bus/mdev/devices";
  const auto names = root.list(directory);
  if (!names.has_value()) return Observed<std::vector<MediatedDevice>>::like(names);
  std::vector<MediatedDevice> found;
  for (const auto& name : names.value()) {
    if (found.size() == most_told) break;
    const auto path = root.canonical(directory + "/" + name);
    found.push_back({name, path.has_value() ? PciAddress::parse(base_name(parent_path(path.value()))) : std::nullopt});
  }
  return found;
}

Observed<std::vector<PciAddress>> read_mediating(const Root& root) {
  const auto names = root.list("/sys/class/mdev_bus");
  if (!names.has_value()) return Observed<std::vector<PciAddress>>::like(names);
  std::vector<PciAddress> found;
  for (const auto& name : names.value())
    if (const auto address = PciAddress::parse(name); address && found.size() < most_told) found.push_back(*address);
  return found;
}

}  // namespace

SharingFacts gather_sharing(const Root& root, const std::vector<PciFunction>& functions) {
  SharingFacts facts;
  facts.mediated = read_mediated(root);
  facts.mediating = read_mediating(root);
  for (const auto& function : functions) {
    if (!function.physical_function.has_value() || !function.driver.is("nvidia") || facts.nvidia_types.size() == most_told)
      continue;
    const auto text = root.read_line(function.sysfs_path + "/nvidia/current_vgpu_type");
    const auto number = text.has_value() ? parse_unsigned(text.value()) : std::nullopt;
    facts.nvidia_types[function.address] = number && *number < 1U << 31 ? Observed<unsigned>(static_cast<unsigned>(*number))
                                           : text.has_value()           ? Observed<unsigned>::unreadable("no number")
                                                                        : Observed<unsigned>::like(text);
  }
  return facts;
}

}  // namespace vfio_doctor
