// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/html.hpp"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "base/text.hpp"
#include "reports/json.hpp"
#include "reports/markup.hpp"
#include "reports/outline.hpp"
#include "reports/picture.hpp"

namespace vfio_doctor {

// Made at build time from reports/templates.
extern const std::string_view html_template;
extern const std::string_view html_style;
extern const std::string_view html_script;

namespace {

using kainjow::mustache::data;

constexpr std::size_t shown_findings = 3;     // of one check with one status, with evidence and remedy
constexpr std::size_t listed_findings = 500;  // more of them, as sentences

// A member that is missing would be looked for in the objects around it, so every member is always set.

data list_of(const std::vector<std::string>& texts) {
  data list{data::type::list};
  for (const std::string& text : texts) list << data{"text", text};
  return list;
}

data remedy_data(const Remedy& remedy) {
  data object;
  object["text"] = remedy.text;
  object["has_commands"] = data{!remedy.commands.empty()};
  object["commands"] = join(remedy.commands, "\n");
  object["has_undo"] = data{!remedy.undo.empty()};
  object["undo"] = join(remedy.undo, "\n");
  object["has_risk"] = data{!remedy.risk.empty()};
  object["risk"] = remedy.risk;
  return object;
}

data finding_data(const Finding& finding) {
  data evidence{data::type::list}, remedies{data::type::list};
  for (const Evidence& seen : finding.evidence) {
    data object;
    object["source"] = seen.source;
    object["value"] = seen.value;
    evidence << object;
  }
  for (const Remedy& remedy : finding.remedy) remedies << remedy_data(remedy);
  data object;
  object["sentence"] = finding_sentence(finding);
  object["has_evidence"] = data{!finding.evidence.empty()};
  object["evidence_count"] = counted(finding.evidence.size(), "fact", "facts");
  object["evidence"] = std::move(evidence);
  object["remedies"] = std::move(remedies);
  return object;
}

data problem_data(const CheckFindings& problem) {
  const std::size_t count = problem.findings.size(), shown = std::min(count, shown_findings);
  data findings{data::type::list}, more{data::type::list};
  for (std::size_t i = 0; i < shown; ++i) findings << finding_data(*problem.findings[i]);
  const std::size_t listed = std::min(count, shown + listed_findings);
  for (std::size_t i = shown; i < listed; ++i)
    more << data{"sentence", finding_sentence(*problem.findings[i])};
  data object;
  object["status"] = std::string(to_text(problem.first().status));
  object["status_word"] = status_word(problem.first().status);
  object["title"] = problem.first().title;
  object["id"] = problem.first().id;
  object["findings"] = std::move(findings);
  object["has_more"] = data{listed > shown};
  object["more_count"] = std::to_string(count - shown);
  object["more"] = std::move(more);
  object["has_unlisted"] = data{count > listed};
  object["unlisted"] = std::to_string(count - listed);
  return object;
}

data problem_list(const std::vector<CheckFindings>& problems) {
  data list{data::type::list};
  for (const CheckFindings& problem : problems) list << problem_data(problem);
  return list;
}

data checks_data(const Outline& outline) {
  data list{data::type::list};
  for (const auto* checks : other_checks(outline))
    for (const CheckFindings& check : *checks) {
      const Finding& first = check.first();
      const std::size_t count = check.findings.size(), shown = std::min(count, shown_findings);
      data sentences{data::type::list};
      for (std::size_t i = 0; i < shown; ++i)
        sentences << data{"sentence", finding_sentence(*check.findings[i])};
      const bool protects = first.effect == Effect::protects;
      data object;
      object["status"] = protects ? "protects" : std::string(to_text(first.status));
      object["status_word"] = protects ? "Protects" : status_word(first.status);
      object["title"] = first.title;
      object["id"] = first.id;
      object["sentences"] = std::move(sentences);
      object["has_more"] = data{count > shown};
      object["more_count"] = std::to_string(count - shown);
      list << object;
    }
  return list;
}

/// "Network controller, 8086:24f3, revision 3a"
std::string identity(const DeviceReport& device) {
  std::vector<std::string> parts;
  if (!device.class_name.empty()) parts.push_back(device.class_name);
  if (device.vendor_id && device.device_id) parts.push_back(*device.vendor_id + ":" + *device.device_id);
  if (device.revision && *device.revision != "00") parts.push_back("revision " + *device.revision);
  return join(parts, ", ");
}

data device_data(const DeviceReport& device) {
  data object;
  object["address"] = device.address;
  object["group"] = device.iommu_group ? std::to_string(*device.iommu_group) : "none";
  object["verdict"] = std::string(to_text(device.verdict));
  object["name"] = device.name.empty() ? "name not known" : device.name;
  object["identity"] = identity(device);
  object["driver"] = device.driver.value_or("none");
  object["has_companions"] = data{!device.companions.empty()};
  object["companions"] = join(device.companions, ", ");
  object["reasons"] = list_of(device.reasons);
  return object;
}

data devices_data(const Report& report) {
  data list{data::type::list};
  for (const DeviceReport& device : report.devices) list << device_data(device);
  return list;
}

/// The JSON with every '<' as an escape: nothing in it can end the element that holds it.
std::string json_inside_script(const Report& report) {
  std::string safe;
  for (const char byte : render_json(report)) {
    if (byte == '<')
      safe += "\\u003c";
    else
      safe += byte;
  }
  return safe;
}

data report_data(const Report& report) {
  const Outline told = outline(report);
  data object;
  object["verdict"] = std::string(to_text(report.verdict));
  object["sentence"] = verdict_sentence(report);
  object["counts"] = device_count_sentence(report);
  object["host"] = host_sentence(report);
  object["source"] =
      report.source.kind == "live" ? report.source.name : report.source.kind + " " + report.source.name;
  object["generated_at"] = report.generated_at;
  object["tool"] = report.tool.name + " " + report.tool.version;
  object["has_notes"] = data{!report.notes.empty()};
  object["notes"] = list_of(report.notes);
  object["has_problems"] = data{!told.problems.empty()};
  object["problems"] = problem_list(told.problems);
  object["has_elsewhere"] = data{!told.elsewhere.empty()};
  object["elsewhere"] = problem_list(told.elsewhere);
  object["has_checks"] =
      data{!told.passed.empty() || !told.protections.empty() || !told.not_applicable.empty()};
  object["checks_count"] = check_count_sentence(told);
  object["checks"] = checks_data(told);
  object["has_devices"] = data{!report.devices.empty()};
  object["devices"] = devices_data(report);
  object["picture"] = report.devices.empty() ? std::string() : machine_picture(report);
  object["json"] = json_inside_script(report);
  object["style"] = std::string(html_style);
  object["script"] = std::string(html_script);
  return object;
}

}  // namespace

std::string render_html(const Report& report) {
  kainjow::mustache::mustache page{std::string(html_template)};
  page.set_custom_escape([](const std::string& text) { return markup_lines(text); });
  return page.render(report_data(report));
}

}  // namespace vfio_doctor
