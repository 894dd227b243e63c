// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/clock.hpp"
#include "fleet/fleet_sections.hpp"
#include "reports/markup.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_rows = 1000;

constexpr std::string_view style = R"(
body { font: 16px/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; background: #fff; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .7rem .35rem 0;
  border-bottom: 1px solid #ccc; overflow-wrap: anywhere; } td:first-child { font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; }
@media (prefers-color-scheme: dark) { body { color: #e6e6e6; background: #161616; } th, td { border-color: #444; } }
)";

std::string section_text(const FleetSection& section, std::size_t number) {
  const auto id = "section-" + std::to_string(number);
  std::string text = "<section aria-labelledby=\"" + id + "\">\n<h2 id=\"" + id + "\">" + markup_text(section.title) +
                     "</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"" + markup_text(section.title) +
                     "\">\n<table>\n<thead><tr>";
  for (const auto& name : section.head) text += "<th scope=\"col\">" + markup_text(name) + "</th>";
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : section.rows) {
    text += "<tr>";
    for (const auto& cell : row) text += "<td>" + markup_text(cell) + "</td>";
    text += "</tr>\n";
  }
  text += "</tbody>\n</table>\n</div>\n";
  if (!section.more.empty()) text += "<p>" + markup_text(section.more) + "</p>\n";
  return text + "</section>\n";
}

}  // namespace

std::string render_fleet_html(const FleetSummary& fleet) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
      "content=\"width=device-width, "
      "initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n<title>vfio-doctor "
      "fleet</title>\n<style>" +
      std::string(style) + "</style>\n</head>\n<body>\n<main>\n<h1>" + markup_text(fleet_sentence(fleet)) + "</h1>\n";
  for (const auto& remark : fleet_remarks(fleet)) page += "<p>" + markup_text(remark) + "</p>\n";
  std::size_t number = 0;
  for (const auto& section : fleet_sections(fleet, most_rows)) page += section_text(section, ++number);
  return page + "<p>vfio-doctor, " + markup_text(time_of_report()) + "</p>\n</main>\n</body>\n</html>\n";
}

}  // namespace vfio_doctor
