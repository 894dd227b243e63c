// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/finding.hpp"
#include "facts/guest/manifest.hpp"
#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

inline constexpr std::string_view released_finding_id = "guest-released";

/// The host's side of the proof: a VFIO driver must hold `function`, the host's `device`, while a guest has it.
/// nullptr: the host has no such function now. `device.host_address` must be there.
Finding judge_released(const ExpectedDevice& device, const PciFunction* function);

}  // namespace vfio_doctor
