// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

/// The PCI and USB devices that are present in this Windows, as JSON in the form of `Get-PnpDevice | ConvertTo-Json` (what
/// facts/evidence reads), with what that does not tell: "Service", "LocationPaths", "HardwareID", "CompatibleID", "Inf",
/// "DriverVersion", "Memory" (sizes of the ranges it was given), "Interrupts" (how many), and for a USB device "Controller".
/// Nothing is changed, no device is woken: Windows answers from its own device tree.
std::string devices_json();

std::string computer_name();
std::string windows_version();  ///< "Windows 10.0.19045"

}  // namespace vfio_doctor
