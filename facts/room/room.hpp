// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What was asked about one function besides its identity.
struct FunctionRoom {
  Observed<unsigned> total_virtual_functions;  ///< sriov_totalvfs; absent where it can have none
  Observed<std::string> runtime_enabled;       ///< power/runtime_enabled, of virtual functions: "enabled", "disabled"
  Observed<std::uint64_t> fatal_errors, nonfatal_errors;  ///< AER counters since boot, of functions that VFIO holds
};

/// A picture that the firmware left inside a function's memory (BOOTFB and the like, nested in /proc/iomem).
struct FirmwarePicture {
  std::string name;
  PciAddress function;
};

struct RoomFacts {
  /// Graphics, accelerators, functions with virtual functions or that are such, those that VFIO holds, and those whose base
  /// addresses are all nought: not every function, for each costs several reads.
  std::map<PciAddress, FunctionRoom> functions;
  Observed<std::vector<FirmwarePicture>> pictures;
  Observed<unsigned> physical_bits;  ///< "address sizes : 46 bits physical" of /proc/cpuinfo; x86 only
};

RoomFacts gather_room(const Root& root, const std::vector<PciFunction>& functions);

}  // namespace vfio_doctor
