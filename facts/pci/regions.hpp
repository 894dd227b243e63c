// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/observed.hpp"

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

/// The rows of a `resource` file that say something; unreadable on rubbish.
Observed<std::vector<Region>> parse_regions(std::string_view text);

/// Numbers of the memory regions (base address registers 0 to 5) that have a size and no address.
Observed<std::vector<unsigned>> unassigned_regions(const Observed<std::vector<Region>>& regions);

}  // namespace vfio_doctor
