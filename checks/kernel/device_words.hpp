// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "facts/host.hpp"
#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// Base class 03: VGA, 3D and other display controllers.
bool is_display(const PciFunction& function);

/// Class 0300, with the addresses of a VGA card.
bool is_vga(const PciFunction& function);

/// "holds /" or "carries the default route (IPv4)", for a function that the host must not lose; else empty.
std::string what_host_does_with(const Host& host, const PciAddress& address);

/// "512 MiB", "32 GiB", "1.5 GiB".
std::string size_words(std::uint64_t bytes);

}  // namespace vfio_doctor
