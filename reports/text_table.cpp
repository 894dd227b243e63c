// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text_table.hpp"

#include <algorithm>
#include <map>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "base/text.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t widest_driver = 13, narrowest_driver = 8;
constexpr std::size_t narrowest_name = 12;
constexpr std::size_t reason_indent = 4;
constexpr std::string_view gap = "  ";

Paint paint_of(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::assignable:
    case DeviceVerdict::with_companions:
      return Paint::green;
    case DeviceVerdict::protected_by_host:
      return Paint::yellow;
    case DeviceVerdict::blocked:
      return Paint::red;
    case DeviceVerdict::undetermined:
      return Paint::magenta;
    case DeviceVerdict::unsuitable:
      break;
  }
  return Paint::dim;
}

struct Row {
  const DeviceReport* device;
  std::string address, group, verdict, name, driver;
};

Row row_of(const DeviceReport& device) {
  std::string name = device.name;
  if (name.empty() && device.vendor_id && device.device_id)
    name = *device.vendor_id + ":" + *device.device_id;
  if (name.empty()) name = device.class_name.empty() ? "(not known)" : device.class_name;
  return {&device,
          printable(device.address),
          device.iommu_group ? std::to_string(*device.iommu_group) : "-",
          std::string(to_text(device.verdict)),
          printable(name),
          printable(device.driver.value_or("-"))};
}

struct Widths {
  std::size_t address = 7, group = 5, verdict = 7, name = 4, driver = 6;
  bool on_two_lines = false;  ///< a narrow terminal: the name and the driver have a line of their own
};

Widths measure(const std::vector<Row>& rows, std::size_t columns) {
  Widths widths;
  for (const Row& row : rows) {
    widths.address = std::max(widths.address, text_width(row.address));
    widths.group = std::max(widths.group, row.group.size());
    widths.verdict = std::max(widths.verdict, row.verdict.size());
    widths.name = std::max(widths.name, text_width(row.name));
    widths.driver = std::max(widths.driver, text_width(row.driver));
  }
  const std::size_t before_name = widths.address + widths.group + widths.verdict + 4 * gap.size();
  widths.driver = std::min(widths.driver, widest_driver);
  while (widths.driver > narrowest_driver && before_name + narrowest_name + widths.driver > columns)
    --widths.driver;
  const std::size_t others = before_name + widths.driver;
  widths.on_two_lines = others + std::min(widths.name, narrowest_name) > columns;
  const std::size_t room = columns > others + narrowest_name ? columns - others : narrowest_name;
  widths.name = std::min(widths.name, room);
  return widths;
}

void print_row(TextPage& page, const Row& row, const Widths& widths, Verbosity verbosity) {
  const std::string before = padded(row.address, widths.address) + std::string(gap) +
                             padded(row.group, widths.group) + std::string(gap);
  if (widths.on_two_lines) {
    page.finished_line(before + page.painted(row.verdict, paint_of(row.device->verdict)));
    return page.paragraph(row.name + (row.driver == "-" ? "" : " (" + row.driver + ")"), reason_indent, 2);
  }
  const std::string verdict =
      page.painted(padded(row.verdict, widths.verdict), paint_of(row.device->verdict));
  const auto lines = verbosity == Verbosity::verbose
                         ? wrap(row.name, widths.name, widths.name)
                         : std::vector{short_name(row.name, widths.name)};
  const std::string name = lines.empty() ? "" : lines.front();
  page.finished_line(before + verdict + std::string(gap) + padded(name, widths.name) + std::string(gap) +
                     cut_to(row.driver, widths.driver));
  const std::size_t name_column = widths.address + widths.group + widths.verdict + 3 * gap.size();
  for (std::size_t i = 1; i < lines.size(); ++i) page.finished_line(lines[i], name_column);
}

/// What was said about one device and holds for the next ones too (they share a group) is said once.
using SaidAbout = std::map<std::string, std::string>;

void print_reasons(TextPage& page, const DeviceReport& device, const std::vector<std::string>& common, SaidAbout& said) {
  std::string seen_at;
  for (const std::string& reason : own_reasons(device, common)) {
    const auto [before, is_new] = said.try_emplace(reason, device.address);
    if (is_new)
      page.paragraph(reason, reason_indent, 2);
    else
      seen_at = before->second;
  }
  if (!seen_at.empty()) page.paragraph("See " + printable(seen_at) + " above.", reason_indent, 2);
}

void print_below(TextPage& page, const DeviceReport& device, const std::vector<std::string>& common, SaidAbout& said) {
  if (!device.companions.empty())
    page.paragraph((device.verdict == DeviceVerdict::with_companions ? "needs to go with: "
                                                                     : "shares its group with: ") +
                       join(device.companions, ", "),
                   reason_indent, 2);
  print_reasons(page, device, common, said);
}

void print_table(TextPage& page, const std::vector<Row>& rows, const std::vector<std::string>& common,
                 Verbosity verbosity) {
  const Widths widths = measure(rows, page.columns());
  page.finished_line(page.painted(padded("ADDRESS", widths.address) + "  " + padded("GROUP", widths.group) + "  " +
                                      (widths.on_two_lines ? "VERDICT"
                                                           : padded("VERDICT", widths.verdict) + "  " +
                                                                 padded("DEVICE", widths.name) + "  DRIVER"),
                                  Paint::dim));
  SaidAbout said;
  for (const Row& row : rows) {
    print_row(page, row, widths, verbosity);
    print_below(page, *row.device, common, said);
  }
}

std::string folded_sentence(const Outline& outline) {
  const auto bridges = static_cast<std::size_t>(std::count_if(
      outline.folded.begin(), outline.folded.end(), [](const auto* device) { return device->is_bridge; }));
  const std::size_t others = outline.folded.size() - bridges;
  std::vector<std::string> parts;
  if (bridges > 0) parts.push_back(counted(bridges, "bridge", "bridges"));
  if (others > 0) parts.push_back(counted(others, "other function", "other functions"));
  return "Not listed: " + join(parts, " and ") + " (-v lists them).";
}

}  // namespace

void device_table(TextPage& page, const Outline& outline, const TextStyle& style) {
  if (outline.devices.empty() && outline.folded.empty()) return;
  const bool verbose = style.verbosity == Verbosity::verbose;
  std::vector<Row> rows;
  for (const DeviceReport* device : outline.devices) rows.push_back(row_of(*device));
  if (verbose)
    for (const DeviceReport* device : outline.folded) rows.push_back(row_of(*device));
  page.blank_line();
  page.painted_line("Devices", Paint::bold);
  page.blank_line();
  const auto common = verbose ? std::vector<std::string>{} : outline.common_reasons;
  for (const std::string& reason : common) page.paragraph("All of them: " + reason);
  if (!common.empty()) page.blank_line();
  if (!rows.empty()) print_table(page, rows, common, style.verbosity);
  if (!verbose && !outline.folded.empty()) page.paragraph(folded_sentence(outline));
}

}  // namespace vfio_doctor
