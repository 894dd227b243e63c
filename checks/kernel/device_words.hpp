// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// Base class 03: VGA, 3D and other display controllers.
bool is_display(const PciFunction& function);

/// "512 MiB", "32 GiB", "1.5 GiB".
std::string size_words(std::uint64_t bytes);

}  // namespace vfio_doctor
