// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {

/// What commands call the domain on the host and the device in its guest; a placeholder where that is not known.
struct GuestNames {
  std::string domain = "DOMAIN", address = "ADDRESS";
};

/// What a person can do about a device that fails at `rung`.
Remedy remedy_for(Rung rung, const ExpectedDevice& expected, const GuestNames& names);

}  // namespace vfio_doctor
