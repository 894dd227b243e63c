// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/module_slips.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/slips.hpp"

namespace vfio_doctor {
namespace {

/// One or two slips, in words long enough that two of them leave something.
bool is_near(std::string_view one, std::string_view other) {
  constexpr std::size_t most = 2;
  return one != other && slips_between(one, other, most) <= most && std::min(one.size(), other.size()) > 2 * most - 1;
}

/// Modules that people let vfio-pci come before, installed or not, and real ones whose names are near to those.
constexpr std::array usual_drivers = std::to_array<std::string_view>(
    {"vfio_pci", "vfio",           "nouveau",  "nvidia",   "nvidia_drm", "nvidia_modeset", "nvidia_uvm", "nvidiafb",
     "amdgpu",   "radeon",         "radeonfb", "i915",     "xe",         "snd_hda_intel",  "xhci_hcd",   "xhci_pci",
     "ehci_hcd", "ehci_pci",       "ohci_hcd", "ohci_pci", "uhci_hcd",   "ahci",           "nvme",       "nvmet",
     "igb",      "i2c_nvidia_gpu", "e1000",    "e1000e",   "ixgb",       "ixgbe",          "ixgbevf"});

}  // namespace

bool is_from_outside(std::string_view module) { return module == "vendor_reset" || module == "kvmfr"; }

std::string_view module_meant_by(std::string_view name) {
  if (std::ranges::find(usual_drivers, name) != usual_drivers.end()) return {};
  const auto meant = std::ranges::find_if(usual_drivers, [name](std::string_view one) { return is_near(name, one); });
  return meant == usual_drivers.end() ? std::string_view() : *meant;
}

}  // namespace vfio_doctor
