// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/named_device.hpp"

#include <array>
#include <string>

#include "base/text.hpp"
#include "facts/pci/sysfs_path.hpp"

namespace vfio_doctor {

std::optional<PciAddress> function_of_sysfs_path(const Root& root, const std::string& path) {
  const auto resolved = root.canonical(path);
  // A recorded machine may lack what the path leads to; the path itself says enough then.
  return controller_of(resolved.has_value() ? resolved.value() : path);
}

std::optional<PciAddress> function_of_named_device(const Root& root, std::string_view name) {
  constexpr std::array<std::string_view, 5> classes = {"net", "block", "nvme", "drm", "sound"};
  if (name.empty() || name.size() > 64 || name.front() == '.' || name.find('/') != name.npos) return std::nullopt;
  for (const auto kind : classes) {
    const std::string path = "/sys/class/" + std::string(kind) + "/" + std::string(name);
    const auto resolved = root.canonical(path);
    if (!resolved.has_value()) continue;
    if (const auto address = controller_of(resolved.value())) return address;
    // Some machines are recorded with the directory in place of the link; what it hangs on is another link in it.
    if (const auto device = root.canonical(path + "/device"); device.has_value()) return controller_of(device.value());
  }
  return std::nullopt;
}

}  // namespace vfio_doctor
