// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/table_rows.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {

std::vector<TableRow> table_rows(std::string_view text, const std::string& name, std::size_t columns) {
  std::vector<TableRow> rows;
  unsigned number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    TableRow row{split(line, '\t'), name + ":" + std::to_string(number) + ": "};
    if (row.cells.size() != columns || std::ranges::any_of(row.cells, [](std::string_view cell) { return cell.empty(); }))
      throw InputError(row.place + "expected " + std::to_string(columns) + " columns, none of them empty");
    rows.push_back(std::move(row));
  }
  return rows;
}

std::uint16_t hex_id(std::string_view text, const std::string& place) {
  const auto id = text.size() == 4 ? parse_unsigned(text, 16) : std::nullopt;
  if (!id) throw InputError(place + "'" + std::string(text) + "' is no id of four hexadecimal digits");
  return static_cast<std::uint16_t>(*id);
}

IdRange hex_range(std::string_view text, const std::string& place) {
  if (text == "*") return {0, 0xffff};
  const auto dash = text.find('-');
  const IdRange range{hex_id(text.substr(0, dash), place), hex_id(dash == text.npos ? text : text.substr(dash + 1), place)};
  if (range.last < range.first) throw InputError(place + "the range ends before it begins");
  return range;
}

}  // namespace vfio_doctor
