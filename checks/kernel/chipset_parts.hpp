// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// A row of chipset_parts.tsv.
struct ChipsetPart {
  bool is_device = false;                  ///< a device that bears the class of the parts around it
  std::optional<std::uint16_t> vendor_id;  ///< nothing: every maker's
  std::uint16_t class_code = 0;            ///< base class and subclass
  std::uint16_t first = 0, last = 0xffff;  ///< device ids, both included
  bool root_bus_only =
      false;                 ///< parts of the chipset and the processor are on a root bus; the same class on a card is a device
  bool in_use_only = false;  ///< a part only while a host driver holds it
  std::string what, source;
};

/// Throws InputError "NAME:LINE: what is wrong".
std::vector<ChipsetPart> parse_chipset_parts(std::string_view text, const std::string& name);

/// The rows that the build put into the program, devices first.
const std::vector<ChipsetPart>& chipset_part_table();

/// What a function is to the host where it is a part of the chipset or the processor that nobody gives to a guest: "The
/// management engine (MEI)". The kernel would hand most of them out; the guest could do nothing with them, or would do
/// harm to the host. In a group they are left without a driver. Nothing for everything else.
std::optional<std::string> chipset_part(const PciFunction& function);

}  // namespace vfio_doctor
