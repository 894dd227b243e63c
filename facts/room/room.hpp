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

/// One row of a function's `resource` file that says something: base address registers 0 to 5, 6 the option ROM, 7 to 12 those
/// of its virtual functions (drivers/pci/pci-sysfs.c resource_show, include/linux/pci.h).
struct Region {
  unsigned index = 0;
  std::uint64_t start = 0, end = 0, flags = 0;
  std::uint64_t bytes() const { return end >= start ? end - start + 1 : 0; }
  bool is_memory() const { return (flags & 0x200) != 0; }     ///< IORESOURCE_MEM (include/linux/ioport.h)
  bool is_64_bit() const { return (flags & 0x100000) != 0; }  ///< IORESOURCE_MEM_64
  /// IORESOURCE_UNSET, or a memory region that begins at nought: nobody found an address for it.
  bool is_unset() const { return (flags & 0x20000000) != 0 || (is_memory() && start == 0 && end > 0); }
};

/// What was asked about one function besides its identity.
struct FunctionRoom {
  Observed<std::vector<Region>> regions;
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

/// The rows of a `resource` file that say something; nothing on rubbish.
Observed<std::vector<Region>> parse_regions(std::string_view text);

}  // namespace vfio_doctor
