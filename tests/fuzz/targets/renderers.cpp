// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every format over a report that the bytes make: nothing crashes, what is for a terminal holds no control byte, what is for
// a program is read back, and what promises to be short is.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "fuzz/report_of_bytes.hpp"
#include "fuzz/target.hpp"
#include "reports/bounds.hpp"
#include "reports/brief.hpp"
#include "reports/bug_report.hpp"
#include "reports/groups.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/html.hpp"
#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/sarif.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {
namespace {

bool is_harmless(const std::string& text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n'; });
}

long lines_of(const std::string& text) { return std::ranges::count(text, '\n'); }

}  // namespace

void try_input(const std::string& bytes) {
  Report report = ReportOfBytes(bytes).report();
  bound_report(report);
  for (const unsigned columns : {40U, 80U, 200U})
    for (const Verbosity verbosity : {Verbosity::normal, Verbosity::verbose})
      require(is_harmless(render_text(report, {Color::off, columns, verbosity})), "text holds no control bytes");
  const std::string brief = render_brief(report, {});
  require(is_harmless(brief) && lines_of(brief) <= 24, "the brief report is one screen");
  require(is_harmless(render_guest_text(report, {})), "a guest's text holds no control bytes");
  require(is_harmless(render_groups_text(report, {})), "a listing of groups holds no control bytes");
  render_groups_svg(report);
  render_html(report);
  render_junit(report);
  require(render_markdown(report).size() < longest_markdown, "Markdown stays short");
  render_bug_report(report, "kernel");
  require(nlohmann::json::accept(render_sarif(report)), "SARIF is JSON");
  require(nlohmann::json::accept(render_groups_json(report)), "the JSON of groups is JSON");
  const std::string json = render_json(report);
  require(nlohmann::json::accept(json), "JSON is JSON");
}

}  // namespace vfio_doctor
