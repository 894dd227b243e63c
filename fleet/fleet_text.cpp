// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/printable.hpp"
#include "fleet/fleet_sections.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t usual_rows = 12;
constexpr std::size_t widest_label = 32, indent = 2;

/// The cells behind the first, in words: "a; Verdict: b".
std::string words_of(const FleetSection& section, const std::vector<std::string>& row) {
  std::string text;
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (row[i].empty()) continue;
    text += (text.empty() ? "" : "; ") + (i == 1 ? "" : section.head[i] + ": ") + row[i];
  }
  return text;
}

void add_section(TextPage& page, const FleetSection& section) {
  page.blank_line();
  page.painted_line(section.title, Paint::bold);
  std::size_t width = 0;
  for (const auto& row : section.rows) width = std::max(width, std::min(text_width(printable(row.front())), widest_label));
  for (const auto& row : section.rows) {
    const auto label = padded(printable(row.front()), width) + "  ";
    const auto hanging = indent + width + 2;
    const auto room = page.columns() > hanging + 20 ? page.columns() - hanging : 20;
    const bool beside = text_width(label) == width + 2;
    if (!beside) page.finished_line(label, indent);
    bool first = beside;
    for (const auto& line : wrap(printable(words_of(section, row)), room, room)) {
      page.finished_line((first ? label : std::string(width + 2, ' ')) + line, indent);
      first = false;
    }
  }
  if (!section.more.empty()) page.line(section.more, indent);
}

}  // namespace

std::string render_fleet_text(const FleetSummary& fleet, const TextStyle& style) {
  TextPage page(style);
  page.painted_line(fleet_sentence(fleet), fleet.verdicts.not_ready > 0 ? Paint::red : Paint::bold);
  for (const auto& remark : fleet_remarks(fleet)) page.paragraph(remark);
  const auto most = style.verbosity == Verbosity::verbose ? static_cast<std::size_t>(-1) : usual_rows;
  for (const auto& section : fleet_sections(fleet, most)) add_section(page, section);
  return page.take();
}

}  // namespace vfio_doctor
