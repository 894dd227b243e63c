// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// A row of known_devices.tsv: devices that are known to need something, by vendor and a range of device ids.
struct KnownDevice {
  std::string kind;  ///< "reset-bug"
  std::uint16_t vendor_id = 0, first = 0, last = 0;
  std::string what;    ///< "AMD Polaris"
  std::string source;  ///< where that is known from
};

/// Throws InputError "NAME:LINE: what is wrong".
std::vector<KnownDevice> parse_known_devices(std::string_view text, const std::string& name);

/// The rows that the build put into the program.
const std::vector<KnownDevice>& known_devices();

/// The row of this kind that the function is in; nullptr where there is none or its ids were not read.
const KnownDevice* known_device(const PciFunction& function, std::string_view kind);

}  // namespace vfio_doctor
