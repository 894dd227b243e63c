// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/guest/ladder.hpp"

namespace vfio_doctor {

/// What a person can do about a device that fails at `rung`.
Remedy remedy_for(Rung rung, const DeviceLadder& ladder);

}  // namespace vfio_doctor
