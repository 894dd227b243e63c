// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// One row of a table of knowledge: its fields, between tabs. Lines that begin with '#' are comments.
using TableRow = std::vector<std::string_view>;

/// The rows of a table of `fields` fields each, none empty. Throws InputError "NAME:LINE: what is wrong". The rows point into
/// `text`.
std::vector<TableRow> table_rows(std::string_view text, std::size_t fields, const std::string& name);

/// A row whose first field names devices: "1002:67df" or "1002:67c0-67cf".
struct DeviceRow {
  std::uint16_t vendor = 0, first = 0, last = 0;
  TableRow fields;  ///< all of them
};

std::vector<DeviceRow> device_rows(std::string_view text, std::size_t fields, const std::string& name);

/// Every row that speaks of the function.
std::vector<const DeviceRow*> rows_about(const std::vector<DeviceRow>& rows, const PciFunction& function);

}  // namespace vfio_doctor
