// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

namespace vfio_doctor {

/// True for an option of the kernel's configuration (without "CONFIG_") that some check asks for: the file has more than ten
/// thousand, and a redacted snapshot keeps no other.
inline bool is_wanted_kernel_option(std::string_view name) {
  return name.starts_with("VFIO") || name.find("IOMMU") != name.npos || name.find("SMMU") != name.npos || name == "IRQ_REMAP" ||
         name == "PCI" || name == "CMDLINE" || name == "CMDLINE_BOOL" || name == "CMDLINE_OVERRIDE" ||
         name == "DRM_I915_GVT_KVMGT";
}

}  // namespace vfio_doctor
