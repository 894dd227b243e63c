// SPDX-License-Identifier: GPL-2.0-or-later
// Names of kernel modules: as people misspell them, and those that no kernel has.
#pragma once

#include <string_view>

namespace vfio_doctor {

/// The module that was meant where `name` is a slip of one that people let vfio-pci come before: one or two characters too
/// many, too few, other, or in each other's place. Empty where `name` is such a module itself or near to none.
std::string_view module_meant_by(std::string_view name);

/// A module from outside the kernel that passthrough is asked to use, built for each kernel anew (DKMS): vendor_reset (resets of
/// AMD's cards), kvmfr (Looking Glass).
bool is_from_outside(std::string_view module);

}  // namespace vfio_doctor
