// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/groups.hpp"
#include "reports/html.hpp"
#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/sample_reports.hpp"
#include "reports/sarif.hpp"
#include "reports/text.hpp"

namespace vfio_doctor::testing {

struct Format {
  std::string name, extension;
  std::function<std::string(const Report&)> render;
};

/// Every renderer, with the ending its golden files have.
inline std::vector<Format> all_formats() {
  const TextStyle plain, verbose{Color::off, 80, Verbosity::verbose},
      colored{Color::on, 80, Verbosity::normal};
  return {
      {"text", "txt", [=](const Report& report) { return render_text(report, plain); }},
      {"verbose", "verbose.txt", [=](const Report& report) { return render_text(report, verbose); }},
      {"color", "color.txt", [=](const Report& report) { return render_text(report, colored); }},
      {"json", "json", render_json},
      {"groups_text", "groups.txt", [=](const Report& report) { return render_groups_text(report, plain); }},
      {"groups_verbose", "groups.verbose.txt",
       [=](const Report& report) { return render_groups_text(report, verbose); }},
      {"groups_json", "groups.json", render_groups_json},
      {"groups_svg", "groups.svg", render_groups_svg},
      {"html", "html", render_html},
      {"markdown", "md", render_markdown},
      {"junit", "junit.xml", render_junit},
      {"sarif", "sarif", render_sarif},
  };
}

}  // namespace vfio_doctor::testing
