// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/formats.hpp"
#include "reports/groups.hpp"
#include "reports/json.hpp"
#include "reports/sample_reports.hpp"
#include "reports/text.hpp"

namespace vfio_doctor::testing {

struct Format {
  std::string name, extension;
  std::function<std::string(const Report&)> render;
};

/// Every renderer, with the ending its golden files have.
inline std::vector<Format> all_formats() {
  const TextStyle plain, verbose{Color::off, 80, Verbosity::verbose}, colored{Color::on, 80, Verbosity::normal};
  std::vector<Format> all = {
      {"text", "txt", [=](const Report& report) { return render_text(report, plain); }},
      {"verbose", "verbose.txt", [=](const Report& report) { return render_text(report, verbose); }},
      {"color", "color.txt", [=](const Report& report) { return render_text(report, colored); }},
      {"json", "json", render_json},
      {"groups_text", "groups.txt", [=](const Report& report) { return render_groups_text(report, plain); }},
      {"groups_verbose", "groups.verbose.txt", [=](const Report& report) { return render_groups_text(report, verbose); }},
      {"groups_json", "groups.json", render_groups_json},
      {"groups_svg", "groups.svg", render_groups_svg},
  };
  for (const auto& format : report_formats()) {
    if (format.name == "text" || format.name == "json") continue;
    const std::string name(format.name), ending(format.endings.front());
    all.push_back(
        {name, ending == "xml" ? name + ".xml" : ending, [=](const Report& report) { return format.render(report, plain); }});
  }
  return all;
}

}  // namespace vfio_doctor::testing
