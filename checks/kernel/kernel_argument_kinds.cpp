// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/kernel_argument_kinds.hpp"

#include "facts/platform/known_arguments.hpp"

namespace vfio_doctor {

bool is_mechanical(const KernelArgument& argument) {
  if (argument.name.starts_with('\\')) return true;  // the kernel's own path, as the firmware hands it over
  return is_argument_of(ArgumentKind::mechanical, argument.name);
}

bool is_cosmetic(const KernelArgument& argument) { return is_argument_of(ArgumentKind::cosmetic, argument.name); }

bool concerns_passthrough(const KernelArgument& argument) { return is_argument_of(ArgumentKind::passthrough, argument.name); }

}  // namespace vfio_doctor
