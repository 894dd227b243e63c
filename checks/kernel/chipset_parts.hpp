// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// What a function is to the host where it is a part of the chipset or the processor that nobody gives to a guest: "The
/// management engine (MEI)". The kernel would hand most of them out; the guest could do nothing with them, or would do
/// harm to the host. In a group they are left without a driver. Nothing for everything else.
std::optional<std::string> chipset_part(const PciFunction& function);

}  // namespace vfio_doctor
