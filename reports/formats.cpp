// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/formats.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "reports/groups.hpp"
#include "reports/html.hpp"
#include "reports/json.hpp"
#include "reports/junit.hpp"
#include "reports/markdown.hpp"
#include "reports/nfd.hpp"
#include "reports/prometheus.hpp"
#include "reports/sarif.hpp"

namespace vfio_doctor {
namespace {

/// A renderer that has no use for the style of a terminal.
template <std::string (*render)(const Report&)>
std::string plainly(const Report& report, const TextStyle&) {
  return render(report);
}

}  // namespace

std::span<const ReportFormat> report_formats() {
  static const std::vector<ReportFormat> formats = {
      {"text", {"txt"}, "for a terminal", render_text},
      {"json", {"json"}, "for programs", plainly<render_json>},
      {"html", {"html", "htm"}, "one page, to attach to a bug report", plainly<render_html>},
      {"markdown", {"md", "markdown"}, "to paste into a bug report", plainly<render_markdown>},
      {"junit", {"xml"}, "for test runners", plainly<render_junit>},
      {"sarif", {"sarif"}, "for code scanning", plainly<render_sarif>},
      {"prometheus", {"prom"}, "for node_exporter's textfile directory", plainly<render_prometheus>},
      {"nfd", {"nfd"}, "for Kubernetes' node-feature-discovery", plainly<render_nfd>},
  };
  return formats;
}

std::span<const ReportFormat> group_formats() {
  static const std::vector<ReportFormat> formats = {
      {"text", {"txt"}, "for a terminal", render_groups_text},
      {"json", {"json"}, "for programs", plainly<render_groups_json>},
      {"svg", {"svg"}, "a picture", plainly<render_groups_svg>},
  };
  return formats;
}

std::vector<std::string> names_of(std::span<const ReportFormat> formats) {
  std::vector<std::string> names;
  for (const auto& format : formats) names.emplace_back(format.name);
  return names;
}

std::string render_as(std::span<const ReportFormat> formats, std::string_view name, const Report& report,
                      const TextStyle& style) {
  return std::ranges::find(formats, name, &ReportFormat::name)->render(report, style);
}

std::string_view format_of_file(std::string_view file) {
  const auto dot = file.find_last_of("./");
  if (dot == file.npos || file[dot] != '.') return {};
  const auto ending = to_lower(file.substr(dot + 1));
  for (const auto formats : {report_formats(), group_formats()})
    for (const auto& format : formats)
      if (std::ranges::find(format.endings, ending) != format.endings.end()) return format.name;
  return {};
}

std::string format_list(std::span<const ReportFormat> formats) {
  std::string text;
  for (const auto& format : formats) {
    std::vector<std::string> endings;
    for (const auto ending : format.endings) endings.push_back("." + std::string(ending));
    text += std::string(format.name) + std::string(format.name.size() < 10 ? 10 - format.name.size() : 1, ' ') +
            std::string(format.purpose) + " (" + join(endings, ", ") + ")\n";
  }
  return text;
}

}  // namespace vfio_doctor
