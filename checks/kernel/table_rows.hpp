// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vfio_doctor {

/// A row of a table of knowledge: cells between tabs; "NAME:LINE: " for messages.
struct TableRow {
  std::vector<std::string_view> cells;
  std::string place;
};

/// The rows of `text`, without empty lines and lines that start with '#'. Throws InputError where a row has not `columns` cells
/// or an empty one. The rows point into `text`.
std::vector<TableRow> table_rows(std::string_view text, const std::string& name, std::size_t columns);

struct IdRange {
  std::uint16_t first = 0, last = 0;
};

/// "8086"; throws InputError with `place` before it.
std::uint16_t hex_id(std::string_view text, const std::string& place);
/// "1711", "0522-0538" or "*" for every id.
IdRange hex_range(std::string_view text, const std::string& place);

}  // namespace vfio_doctor
