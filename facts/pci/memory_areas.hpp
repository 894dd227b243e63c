// SPDX-License-Identifier: GPL-2.0-or-later
// What lies inside the memory of PCI functions, from /proc/iomem.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

struct AreaInFunction {
  std::string name;
  PciAddress function;  ///< the nearest one around it
};

/// The areas with one of these names that are nested in a function's: the nesting is shown to everyone, only the addresses are
/// hidden from a normal user.
Observed<std::vector<AreaInFunction>> areas_in_functions(const Root& root, std::span<const std::string_view> names);

}  // namespace vfio_doctor
