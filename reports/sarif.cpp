// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/sarif.hpp"

#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "base/printable.hpp"
#include "reports/check_pages.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::ordered_json;

Json message(std::string_view text) { return Json{{"text", printable_lines(text)}}; }

/// SARIF 3.27.9 and 3.27.10: a level other than none goes with the kind "fail" alone.
struct Judgement {
  std::string kind, level;
};

Judgement judgement_of(const Finding& finding) {
  if (finding.effect == Effect::protects && (finding.status == Status::warn || finding.status == Status::fail))
    return {"informational", "none"};
  switch (finding.status) {
    case Status::pass:
      return {"pass", "none"};
    case Status::warn:
      return {"fail", "warning"};
    case Status::fail:
      return {"fail", "error"};
    case Status::not_applicable:
      return {"notApplicable", "none"};
    case Status::unknown:
    case Status::error:
      break;
  }
  return {"open", "none"};
}

std::string sentence(std::string text) {
  if (!text.ends_with('.')) text += '.';
  return text;
}

/// "interrupt-remapping" -> "InterruptRemapping", as SARIF 3.49.7 wants names of rules.
std::string rule_name(const std::string& id) {
  std::string name;
  bool upper = true;
  for (const char c : id) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) {
      upper = true;
      continue;
    }
    name += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = false;
  }
  return name;
}

/// Runs of one machine belong together, and are told apart from those of others where the report says which it is.
std::string automation_id(const Report& report) {
  const auto& name = report.host.machine.host.name;
  return printable("vfio-doctor/" + (name.has_value() ? *name : report.source.kind + " " + report.source.name) + "/");
}

/// A path as a URI reference below the root directory: "proc/cmdline" for "/proc/cmdline".
std::string uri_of(const std::string& path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view kept = "-._~/";
  std::string uri;
  for (const char byte : path.substr(1)) {
    const auto number = static_cast<unsigned char>(byte);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       kept.find(byte) != std::string_view::npos;
    if (plain)
      uri += byte;
    else
      uri += {'%', digits[number >> 4], digits[number & 15]};
  }
  return uri;
}

struct FileAndLine {
  std::string file;
  unsigned line = 0;  ///< 0: the whole file
};

/// "/etc/default/grub:6" -> file and line.
FileAndLine split_line(const std::string& source) {
  const std::size_t colon = source.rfind(':');
  if (colon == std::string::npos) return {source, 0};
  const std::string digits = source.substr(colon + 1);
  const bool is_number = !digits.empty() && digits.size() < 8 && digits.find_first_not_of("0123456789") == std::string::npos;
  return is_number && std::stoul(digits) > 0 ? FileAndLine{source.substr(0, colon), static_cast<unsigned>(std::stoul(digits))}
                                             : FileAndLine{source, 0};
}

/// Viewers want a line (GitHub's code scanning requires region.startLine); where none is known, the region says of itself that
/// the whole file is meant (SARIF 3.30.14).
Json region_of(const FileAndLine& place, const std::string& value) {
  if (place.line == 0) return Json{{"startLine", 1}, {"message", message("The whole file.")}};
  Json region{{"startLine", place.line}};
  if (!value.empty() && value.find('\n') == value.npos) region["snippet"] = message(value);
  return region;
}

Json location_of(const Finding& finding) {
  Json location{
      {"logicalLocations", Json::array({Json{{"fullyQualifiedName", printable(finding.subject)}, {"kind", "resource"}}})}};
  for (const Evidence& seen : finding.evidence) {
    if (!seen.source.starts_with("/") || seen.source.starts_with("//")) continue;
    const FileAndLine place = split_line(seen.source);
    Json physical{{"artifactLocation", {{"uri", uri_of(place.file)}, {"uriBaseId", "ROOT"}}}};
    physical["region"] = region_of(place, seen.value);
    location["physicalLocation"] = std::move(physical);
    break;
  }
  return location;
}

std::string result_text(const Finding& finding) {
  std::string text = finding_sentence(finding);
  for (const Evidence& seen : finding.evidence) text += "\n" + seen.source + ": " + seen.value;
  for (const Remedy& remedy : finding.remedy) {
    text += "\nWhat to do: " + remedy.text;
    for (const std::string& command : remedy.commands) text += "\n    " + command;
    if (!remedy.undo.empty()) text += "\nTo undo it:";
    for (const std::string& command : remedy.undo) text += "\n    " + command;
    if (!remedy.risk.empty()) text += "\nRisk: " + remedy.risk;
  }
  return text;
}

/// What GitHub's code scanning asks of a rule: what it looks for, and what to do. A plugin's check may have no page.
Json rule_of(const Report& report, const Finding& finding) {
  const std::string title = finding.title.empty() ? finding.id : finding.title;
  const std::string_view page = page_of(report, finding.id);
  const auto why = why_it_matters(page, 1);
  const std::string known = page.empty() ? title + ". vfio-doctor explain " + finding.id + " tells more." : std::string(page);
  Json rule{{"id", printable(finding.id)},
            {"name", printable(rule_name(finding.id))},
            {"shortDescription", message(sentence(title))},
            {"fullDescription", message(sentence(why.empty() ? title : why.front()))},
            {"help", {{"text", printable_lines(plain_page(known))}, {"markdown", printable_lines(known)}}},
            {"properties", {{"tags", Json::array({"vfio", "pci-passthrough"})}}}};
  return rule;
}

/// The checks, once each, in the order they are met.
class Rules {
 public:
  explicit Rules(const Report& report) : report_(report) {}
  std::size_t index_of(const Finding& finding) {
    const auto [place, is_new] = places_.try_emplace(finding.id, rules_.size());
    if (is_new) rules_.push_back(rule_of(report_, finding));
    return place->second;
  }
  Json take() { return std::move(rules_); }

 private:
  const Report& report_;
  std::map<std::string_view, std::size_t> places_;
  Json rules_ = Json::array();
};

Json result_of(const Report& report, const Finding& finding, std::size_t rule) {
  const Judgement judgement = judgement_of(finding);
  Json result{{"ruleId", printable(finding.id)},
              {"ruleIndex", rule},
              {"kind", judgement.kind},
              {"level", judgement.level},
              {"message", message(result_text(finding))},
              {"locations", Json::array({location_of(finding)})},
              {"partialFingerprints", {{"checkAndSubject/v1", printable(finding.id + "@" + finding.subject)}}}};
  // SARIF 3.35: a result that somebody looked at and accepts. Viewers show it, and count it no more.
  if (const Acceptance* how = acceptance_of(report, finding))
    result["suppressions"] =
        Json::array({Json{{"kind", "external"}, {"status", "accepted"}, {"justification", printable_lines(how->reason)}}});
  return result;
}

Json notification_of(const Finding& finding, std::size_t rule) {
  return Json{{"level", "error"},
              {"message", message(result_text(finding))},
              {"associatedRule", {{"id", printable(finding.id)}, {"index", rule}}}};
}

}  // namespace

std::string render_sarif(const Report& report) {
  Rules rules(report);
  Json results = Json::array(), notifications = Json::array();
  for (const Finding& finding : report.findings) {
    const std::size_t rule = rules.index_of(finding);
    if (finding.status == Status::error)
      notifications.push_back(notification_of(finding, rule));
    else
      results.push_back(result_of(report, finding, rule));
  }
  const Json invocation{{"executionSuccessful", notifications.empty()},
                        {"endTimeUtc", report.generated_at},
                        {"toolExecutionNotifications", std::move(notifications)}};
  const Json driver{{"name", printable(report.tool.name)},
                    {"version", printable(report.tool.version)},
                    {"semanticVersion", printable(report.tool.version)},
                    {"informationUri", "https://docs.kernel.org/driver-api/vfio.html"},
                    {"rules", rules.take()}};
  const Json document{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({Json{{"tool", {{"driver", driver}}},
                                                 {"automationDetails", {{"id", automation_id(report)}}},
                                                 {"invocations", Json::array({invocation})},
                                                 {"originalUriBaseIds", {{"ROOT", {{"uri", "file:///"}}}}},
                                                 {"columnKind", "unicodeCodePoints"},
                                                 {"results", std::move(results)},
                                                 {"properties", {{"verdict", to_text(report.verdict)}}}}})}};
  return document.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace vfio_doctor
