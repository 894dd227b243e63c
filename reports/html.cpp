// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/html.hpp"

#include <algorithm>
#include <kainjow/mustache.hpp>
#include <map>

#include "base/text.hpp"
#include "reports/check_pages.hpp"
#include "reports/device_kind.hpp"
#include "reports/device_stories.hpp"
#include "reports/json.hpp"
#include "reports/markup.hpp"
#include "reports/next_step.hpp"
#include "reports/outline.hpp"
#include "reports/picture.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {

// Made at build time from reports/templates.
extern const std::string_view html_template;
extern const std::string_view html_style;
extern const std::string_view html_script;

namespace {

using kainjow::mustache::data;

constexpr std::size_t shown_findings = 3;     // different ones of one check and status, with evidence and remedy
constexpr std::size_t listed_findings = 200;  // more of them, as sentences
constexpr std::size_t listed_subjects = 64;   // where the same holds for many
constexpr std::size_t open_rows = 64;         // devices; of more, each kind is folded

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

/// "The same for 3 more: 0000:01:00.0 and 2 more."; empty where it is said of one subject.
std::string same_for(const SameFindings& same) {
  if (same.findings.size() == 1) return {};
  return "The same for " + std::to_string(same.findings.size() - 1) +
         " more: " + subject_list(same.findings, 1, listed_subjects) + ".";
}

std::string same_sentence(const SameFindings& same) {
  const std::string more = same_for(same);
  return finding_sentence(same.first()) + (more.empty() ? "" : " " + more);
}

data finding_data(const SameFindings& same) {
  const Finding& finding = same.first();
  data evidence{data::type::list}, remedies{data::type::list};
  for (const Evidence& seen : finding.evidence) {
    data object;
    object["source"] = seen.source;
    object["value"] = seen.value;
    evidence << object;
  }
  for (const Remedy& remedy : finding.remedy) remedies << remedy_data(remedy);
  data object;
  object["has_evidence"] = data{!finding.evidence.empty()};
  object["evidence_count"] = counted(finding.evidence.size(), "fact", "facts");
  object["evidence"] = std::move(evidence);
  object["remedies"] = std::move(remedies);
  object["sentence"] = finding_sentence(finding);
  object["has_same"] = data{same.findings.size() > 1};
  object["same"] = same_for(same);
  return object;
}

/// The paragraphs of the section "Why it matters" of a page; of another page, its first one.
data why_data(std::string_view page) {
  data paragraphs{data::type::list};
  for (const std::string& paragraph : why_it_matters(page)) paragraphs << data{"text", paragraph};
  return paragraphs;
}

data problem_data(const CheckFindings& problem, const Report& report) {
  const std::size_t count = problem.same.size(), shown = std::min(count, shown_findings);
  data findings{data::type::list}, more{data::type::list};
  for (std::size_t i = 0; i < shown; ++i) findings << finding_data(problem.same[i]);
  const std::size_t listed = std::min(count, shown + listed_findings);
  for (std::size_t i = shown; i < listed; ++i) more << data{"sentence", same_sentence(problem.same[i])};
  data object;
  const std::string_view page = page_of(report, problem.first().id);
  object["has_why"] = data{!page.empty()};
  object["why"] = why_data(page);
  object["status"] = std::string(to_text(problem.first().status));
  object["status_word"] = status_word(problem.first().status);
  object["title"] = problem.first().title;
  object["id"] = problem.first().id;
  object["findings"] = std::move(findings);
  object["has_more"] = data{listed > shown};
  object["more_count"] = counted(count - shown, "more finding, which says", "more findings, which say");
  object["more"] = std::move(more);
  object["has_unlisted"] = data{count > listed};
  object["unlisted"] = std::to_string(count - listed);
  return object;
}

data problem_list(const std::vector<CheckFindings>& problems, const Report& report) {
  data list{data::type::list};
  for (const CheckFindings& problem : problems) list << problem_data(problem, report);
  return list;
}

data accepted_data(const Outline& outline, const Report& report) {
  data list{data::type::list};
  for (const CheckFindings& check : outline.accepted)
    for (const Finding* finding : check.findings) {
      const Acceptance& how = *acceptance_of(report, *finding);
      data object;
      object["status_word"] = status_word(*finding);
      object["sentence"] = finding_sentence(*finding);
      object["id"] = finding->id;
      object["reason"] = how.reason;
      object["by"] = how.source;
      list << object;
    }
  return list;
}

data checks_data(const Outline& outline) {
  data list{data::type::list};
  for (const auto* checks : other_checks(outline))
    for (const CheckFindings& check : *checks) {
      const Finding& first = check.first();
      const std::size_t count = check.same.size(), shown = std::min(count, listed_findings);
      data sentences{data::type::list};
      for (std::size_t i = 0; i < shown; ++i) sentences << data{"sentence", same_sentence(check.same[i])};
      const std::string word = status_word(first);
      data object;
      object["status"] = word == "PROTECTED" ? "protects" : std::string(to_text(first.status));
      object["status_word"] = word;
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
  if (device.id.has_ids()) parts.push_back(ids_text(device.id));
  if (device.id.revision.has_value() && *device.id.revision != 0)
    parts.push_back("revision " + hex_text(*device.id.revision, 2));
  return join(parts, ", ");
}

data device_data(const DeviceReport& device, const std::vector<Sentence>& reasons, const std::string& companions) {
  data object;
  object["address"] = device.address.text();
  object["group"] = device.iommu_group ? std::to_string(*device.iommu_group) : "none";
  object["verdict"] = std::string(to_text(device.verdict));
  object["name"] = device.name.empty() ? "name not known" : device.name;
  object["identity"] = identity(device);
  object["driver"] = device.driver.value_or("none");
  object["has_companions"] = data{!companions.empty()};
  object["companions"] = companions;
  data told{data::type::list};
  for (const Sentence& reason : reasons) told << data{"text", reason.text};
  object["reasons"] = std::move(told);
  return object;
}

/// A group's companions and reasons stand at its first row; the other rows name that one.
void add_rows(data& rows, const DeviceStory& story) {
  auto others = story.others;
  for (std::size_t i = 1; i < std::min(story.members.size(), listed_subjects); ++i)
    others.push_back(story.members[i]->address.text());
  const std::size_t total = companion_count(story.first());
  std::string companions = others.empty() ? "" : "Shares its group with: " + join(others, ", ");
  if (total > others.size() && !others.empty()) companions += " and " + std::to_string(total - others.size()) + " more";
  rows << device_data(story.first(), story.reasons, companions);
  for (std::size_t i = 1; i < story.members.size(); ++i)
    rows << device_data(*story.members[i], {}, "Shares its group with: " + story.first().address.text() + ", see there");
}

data section_data(const std::string& title, const std::vector<const DeviceReport*>& devices, bool open) {
  data rows{data::type::list};
  for (const DeviceStory& story : device_stories(devices, {}, 0)) add_rows(rows, story);
  data object;
  object["title"] = title + " (" + std::to_string(devices.size()) + ")";
  object["open"] = data{open};
  object["devices"] = std::move(rows);
  return object;
}

/// What is worth a row stands open; where that is very much, each kind is folded. The rest is folded always.
data sections_data(const Outline& told) {
  data list{data::type::list};
  if (told.devices.size() <= open_rows) {
    if (!told.devices.empty()) list << section_data("Devices", told.devices, true);
  } else {
    std::map<DeviceKind, std::vector<const DeviceReport*>> kinds;
    for (const DeviceReport* device : told.devices) kinds[kind_of(*device)].push_back(device);
    for (const auto& [kind, devices] : kinds) list << section_data("Kind: " + std::string(to_text(kind)), devices, false);
  }
  if (!told.folded.empty())
    list << section_data("Bridges, parts of the chipset or processor, and others", told.folded, told.devices.empty());
  return list;
}

/// The JSON with every '<' as an escape: nothing in it can end the element that holds it.
std::string json_inside_script(const Report& report) {
  std::string json = render_json(report);
  if (json.find('<') == std::string::npos) return json;  // it is long: not copied without need
  std::string safe;
  for (const char byte : json) {
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
  // Tabs and bookmarks of several hosts must not look alike.
  const auto& name = report.host.machine.host.name;
  object["title"] = (name.has_value()               ? *name + ": "
                     : report.source.kind == "live" ? ""
                                                    : report.source.name + ": ") +
                    verdict_sentence(report);
  object["counts"] = device_count_sentence(report);
  object["host"] = host_sentence(report);
  object["has_machine"] = data{!machine_sentence(report).empty()};
  object["machine"] = machine_sentence(report);
  const NextStep step = next_step(report, told);
  object["has_next"] = data{!step.command.empty()};
  object["next_words"] = step.words;
  object["next_command"] = step.command;
  object["source"] = report.source.kind == "live" ? report.source.name : report.source.kind + " " + report.source.name;
  object["generated_at"] = report.generated_at;
  object["tool"] = report.tool.name + " " + report.tool.version;
  object["has_notes"] = data{!report.notes.empty()};
  object["notes"] = list_of(report.notes);
  object["has_problems"] = data{!told.problems.empty()};
  object["problems"] = problem_list(told.problems, report);
  object["problem_count"] = problem_count_sentence(told);
  object["has_accepted"] = data{!told.accepted.empty()};
  object["accepted"] = accepted_data(told, report);
  object["has_elsewhere"] = data{!told.elsewhere.empty()};
  object["elsewhere"] = problem_list(told.elsewhere, report);
  object["has_checks"] =
      data{!told.passed.empty() || !told.protections.empty() || !told.not_applicable.empty() || !told.accepted.empty()};
  object["checks_count"] = check_count_sentence(told);
  object["checks"] = checks_data(told);
  object["has_devices"] = data{!report.devices.empty()};
  object["sections"] = sections_data(told);
  object["picture"] = report.devices.empty() ? std::string() : machine_picture(report);
  object["narrow_picture"] = report.devices.empty() ? std::string() : narrow_machine_picture(report);
  object["style"] = std::string(html_style);
  object["script"] = std::string(html_script);
  return object;
}

}  // namespace

std::string render_html(const Report& report) {
  // The JSON is most of a long page: it is put between the two halves instead of through the template.
  constexpr std::string_view place = "{{{json}}}";
  const std::size_t at = html_template.find(place);
  const data told = report_data(report);
  const auto rendered = [&told](std::string_view part) {
    kainjow::mustache::mustache page{std::string(part)};
    page.set_custom_escape([](const std::string& text) { return markup_lines(text); });
    return page.render(told);
  };
  std::string page = rendered(html_template.substr(0, at));
  page += json_inside_script(report);
  return page += rendered(html_template.substr(at + place.size()));
}

}  // namespace vfio_doctor
