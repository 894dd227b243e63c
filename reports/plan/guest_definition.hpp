// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "plan/plan.hpp"

namespace vfio_doctor {

/// The devices that go to the guest; none where the plan does not get so far.
std::vector<const PlannedDevice*> given_devices(const Plan& plan);

/// libvirt's elements for them, a comment before each; empty where none goes.
std::string hostdev_elements(const Plan& plan);

}  // namespace vfio_doctor
