// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/data_table.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

std::uint16_t id_number(std::string_view text, const std::string& where) {
  const auto number = text.size() == 4 ? parse_unsigned(text, 16) : std::nullopt;
  if (!number) throw InputError(where + "expected VENDOR:DEVICE or VENDOR:FIRST-LAST, four hexadecimal digits each");
  return static_cast<std::uint16_t>(*number);
}

/// `use` gets each row and "NAME:LINE: ".
template <class Use>
void each_row(std::string_view text, std::size_t fields, const std::string& name, Use use) {
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const auto where = name + ":" + std::to_string(number) + ": ";
    auto row = split(line, '\t');
    if (row.size() != fields || std::ranges::any_of(row, [](std::string_view field) { return trim(field).empty(); }))
      throw InputError(where + "expected " + std::to_string(fields) + " fields between tabs");
    use(std::move(row), where);
  }
}

}  // namespace

std::vector<TableRow> table_rows(std::string_view text, std::size_t fields, const std::string& name) {
  std::vector<TableRow> rows;
  each_row(text, fields, name, [&rows](TableRow row, const std::string&) { rows.push_back(std::move(row)); });
  return rows;
}

std::vector<DeviceRow> device_rows(std::string_view text, std::size_t fields, const std::string& name) {
  std::vector<DeviceRow> rows;
  each_row(text, fields, name, [&rows](TableRow row, const std::string& where) {
    const auto ids = split(row.front(), ':');
    if (ids.size() != 2) throw InputError(where + "expected VENDOR:DEVICE");
    const auto ends = split(ids[1], '-');
    DeviceRow device{id_number(ids[0], where), id_number(ends.front(), where), id_number(ends.back(), where), std::move(row)};
    if (ends.size() > 2 || device.last < device.first) throw InputError(where + "the range is not FIRST-LAST");
    rows.push_back(std::move(device));
  });
  return rows;
}

std::vector<const DeviceRow*> rows_about(const std::vector<DeviceRow>& rows, const PciFunction& function) {
  std::vector<const DeviceRow*> found;
  const auto* vendor = function.id.vendor.get();
  const auto* device = function.id.device.get();
  if (!vendor || !device) return found;
  for (const auto& row : rows)
    if (row.vendor == *vendor && row.first <= *device && *device <= row.last) found.push_back(&row);
  return found;
}

}  // namespace vfio_doctor
