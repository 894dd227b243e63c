// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts/platform/kernel_arguments.hpp"

namespace vfio_doctor {

/// Put on the line by boot loaders, installers and initramfs tools, or different from entry to entry by
/// design.
bool is_mechanical(const KernelArgument& argument);

/// True for an argument that only changes what is shown while booting.
bool is_cosmetic(const KernelArgument& argument);

/// True for an argument that decides about passthrough: IOMMU, VFIO, who takes a device first.
bool concerns_passthrough(const KernelArgument& argument);

}  // namespace vfio_doctor
