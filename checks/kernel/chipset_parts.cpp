// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/chipset_parts.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "checks/kernel/table_rows.hpp"

namespace vfio_doctor {

extern const std::string_view chipset_parts_text;  // made by the build

namespace {

constexpr std::uint16_t intel = 0x8086;

/// "*" is every one.
std::optional<std::uint16_t> id_or_every(std::string_view text, const std::string& place) {
  return text == "*" ? std::nullopt : std::optional(hex_id(text, place));
}

/// One of two words.
bool is_first_word(std::string_view text, std::string_view first, std::string_view second, const std::string& place) {
  if (text != first && text != second)
    throw InputError(place + "expected " + std::string(first) + " or " + std::string(second));
  return text == first;
}

/// Function 0 and its like of device 22 on the first bus: the management engine with its serial port and disk
/// redirection (Intel's chipset data sheets, "Intel MEI", D22:F0 to F5).
bool is_management_engine(const PciFunction& function) {
  return function.id.vendor.is(intel) && function.address.domain == 0 && function.address.bus == 0 &&
         function.address.device == 0x16;
}

/// The drivers of the engines know further ids than the table.
bool is_driven_as_device(const PciFunction& function) { return function.driver.is("ioatdma") || function.driver.is("idxd"); }

bool fits(const ChipsetPart& part, const PciFunction& function, std::uint16_t kind) {
  if (part.class_code != kind || (part.vendor_id && !function.id.vendor.is(*part.vendor_id))) return false;
  if (part.root_bus_only && function.parent) return false;
  const auto* id = function.id.device.get();
  const bool every_id = part.first == 0 && part.last == 0xffff;
  if (!every_id && (!id || *id < part.first || *id > part.last)) return false;
  return !part.in_use_only ||
         (function.driver.has_value() && !function.vfio_device.has_value() && !function.driver.is("vfio-pci"));
}

}  // namespace

std::vector<ChipsetPart> parse_chipset_parts(std::string_view text, const std::string& name) {
  std::vector<ChipsetPart> parts;
  for (const auto& row : table_rows(text, name, 8)) {
    ChipsetPart part;
    part.is_device = is_first_word(row.cells[0], "device", "part", row.place);
    part.vendor_id = id_or_every(row.cells[1], row.place);
    part.class_code = hex_id(row.cells[2], row.place);
    const auto ids = hex_range(row.cells[3], row.place);
    part.first = ids.first;
    part.last = ids.last;
    part.root_bus_only = is_first_word(row.cells[4], "root-bus", "any", row.place);
    part.in_use_only = is_first_word(row.cells[5], "in-use", "always", row.place);
    part.what = row.cells[6];
    part.source = row.cells[7];
    parts.push_back(std::move(part));
  }
  // A device goes before a part of the same class, wherever it stands in the table.
  std::ranges::stable_sort(parts,
                           [](const ChipsetPart& one, const ChipsetPart& other) { return one.is_device && !other.is_device; });
  return parts;
}

const std::vector<ChipsetPart>& chipset_part_table() {
  static const auto parts = parse_chipset_parts(chipset_parts_text, "chipset_parts.tsv");
  return parts;
}

std::optional<std::string> chipset_part(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  if (!kind || function.is_bridge()) return std::nullopt;
  if (is_management_engine(function)) return "The management engine of the chipset (MEI)";
  const auto& table = chipset_part_table();
  const auto part = std::ranges::find_if(table, [&](const ChipsetPart& one) { return fits(one, function, *kind); });
  if (part == table.end() || part->is_device || is_driven_as_device(function)) return std::nullopt;
  return part->what;
}

}  // namespace vfio_doctor
