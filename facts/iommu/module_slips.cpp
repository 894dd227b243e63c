// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/module_slips.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace vfio_doctor {
namespace {

/// Whether one word is a slip of the other: one character too many, too few or other than it, or two that changed places, at
/// most twice.
bool is_near(std::string_view one, std::string_view other) {
  constexpr std::size_t most = 2;
  if (one == other || one.size() > 40 || other.size() > 40) return false;
  std::vector<std::vector<std::size_t>> distance(one.size() + 1, std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = 0; i <= one.size(); ++i)
    for (std::size_t j = 0; j <= other.size(); ++j) {
      if (i == 0 || j == 0) {
        distance[i][j] = i + j;
        continue;
      }
      const std::size_t differs = one[i - 1] == other[j - 1] ? 0 : 1;
      auto best = std::min({distance[i - 1][j] + 1, distance[i][j - 1] + 1, distance[i - 1][j - 1] + differs});
      if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) best = std::min(best, distance[i - 2][j - 2] + 1);
      distance[i][j] = best;
    }
  return distance[one.size()][other.size()] <= most && std::min(one.size(), other.size()) > 2 * most - 1;
}

/// Modules that people let vfio-pci come before, installed or not, and real ones whose names are near to those.
constexpr std::array usual_drivers = std::to_array<std::string_view>(
    {"vfio_pci", "vfio",     "nouveau",  "nvidia",   "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nvidiafb",      "amdgpu",
     "radeon",   "radeonfb", "i915",     "xe",       "snd_hda_intel", "xhci_hcd",    "xhci_pci",   "ehci_hcd",      "ehci_pci",
     "ohci_hcd", "ohci_pci", "uhci_hcd", "ahci",     "nvme",       "nvmet",          "igb",        "i2c_nvidia_gpu", "e1000",
     "e1000e",   "ixgb",     "ixgbe",    "ixgbevf"});

}  // namespace

std::string_view module_meant_by(std::string_view name) {
  if (std::ranges::find(usual_drivers, name) != usual_drivers.end()) return {};
  const auto meant = std::ranges::find_if(usual_drivers, [name](std::string_view one) { return is_near(name, one); });
  return meant == usual_drivers.end() ? std::string_view() : *meant;
}

}  // namespace vfio_doctor
