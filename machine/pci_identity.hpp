// SPDX-License-Identifier: GPL-2.0-or-later
// Which device a PCI function is: the same members for a function of the host, one of a guest, and one that a manifest
// promises.
#pragma once

#include <cstdint>
#include <string>

#include "base/observed.hpp"

namespace vfio_doctor {

/// Ids as the function's configuration space has them (PCI Local Bus Specification 3.0, 6.2).
struct PciIdentity {
  Observed<std::uint16_t> vendor, device;
  Observed<std::uint16_t> subsystem_vendor, subsystem_device;
  Observed<std::uint32_t> class_code;  ///< 24 bits: base class, subclass, programming interface
  Observed<std::uint8_t> revision;
  Observed<std::string> serial;  ///< Device Serial Number, "00-11-22-33-44-55-66-77"; absent: it has none

  bool has_ids() const { return vendor.has_value() && device.has_value(); }
};

/// Vendor and device, "8086:24f3"; "????:????" where they were not both seen.
std::string ids_text(const PciIdentity& id);

}  // namespace vfio_doctor
