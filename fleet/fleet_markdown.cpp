// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/fleet_sections.hpp"
#include "reports/markdown.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_rows = 25;

std::string row_text(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const auto& cell : cells) text += " " + markdown_text(cell) + " |";
  return text + "\n";
}

std::string section_text(const FleetSection& section) {
  std::string text = "\n### " + markdown_text(section.title) + "\n\n" + row_text(section.head) + "|";
  for (std::size_t i = 0; i < section.head.size(); ++i) text += "---|";
  text += "\n";
  for (const auto& row : section.rows) text += row_text(row);
  return section.more.empty() ? text : text + "\n" + markdown_text(section.more) + "\n";
}

}  // namespace

std::string render_fleet_markdown(const FleetSummary& fleet) {
  std::string text = "**" + markdown_text(fleet_sentence(fleet)) + "**\n\n";
  for (const auto& remark : fleet_remarks(fleet)) text += markdown_text(remark) + "\n";
  for (const auto& section : fleet_sections(fleet, most_rows)) {
    const auto piece = section_text(section);
    if (text.size() + piece.size() > longest_markdown - 200) {
      text += "\nThe rest is too long for an issue tracker: see the JSON or HTML of this fleet.\n";
      break;
    }
    text += piece;
  }
  return text;
}

}  // namespace vfio_doctor
