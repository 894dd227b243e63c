// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/junit.hpp"

#include "base/text.hpp"
#include "reports/markup.hpp"
#include "reports/sentences.hpp"

namespace vfio_doctor {
namespace {

enum class Result { passed, failure, error, skipped };

struct TestCase {
  std::string group, name, message, details;
  std::string type;  ///< the word of the status or the verdict
  Result result = Result::passed;
};

Result result_of(const Finding& finding, bool accepted) {
  if (accepted) return Result::skipped;
  switch (finding.status) {
    case Status::fail:
      return finding.effect == Effect::protects ? Result::passed : Result::failure;
    case Status::error:
      return Result::error;
    case Status::unknown:
    case Status::not_applicable:
      return Result::skipped;
    case Status::pass:
    case Status::warn:
      break;
  }
  return Result::passed;
}

std::string details_of(const Finding& finding) {
  std::string text;
  for (const Evidence& seen : finding.evidence) text += seen.source + ": " + seen.value + "\n";
  for (const Remedy& remedy : finding.remedy) {
    text += "What to do: " + remedy.text + "\n";
    for (const std::string& command : remedy.commands) text += "    " + command + "\n";
    if (!remedy.undo.empty()) text += "To undo it:\n";
    for (const std::string& command : remedy.undo) text += "    " + command + "\n";
    if (!remedy.risk.empty()) text += "Risk: " + remedy.risk + "\n";
  }
  return text;
}

TestCase case_of(const Report& report, const Finding& finding) {
  const Acceptance* how = acceptance_of(report, finding);
  return {"vfio-doctor." + finding.id,
          finding.title + " (" + finding.subject + ")",
          (how ? "Accepted risk (" + how->reason + "): " : "") + finding_sentence(finding),
          details_of(finding),
          std::string(to_text(finding.status)),
          result_of(finding, how != nullptr)};
}

TestCase case_of_verdict(const Report& report) {
  const Result result = report.verdict == Verdict::ready       ? Result::passed
                        : report.verdict == Verdict::not_ready ? Result::failure
                                                               : Result::error;
  return {"vfio-doctor", "Verdict", verdict_sentence(report), host_sentence(report), std::string(to_text(report.verdict)),
          result};
}

std::string attribute(const std::string& name, std::string_view value) {
  return " " + name + "=\"" + markup_text(value) + "\"";
}

std::string outcome(const TestCase& test) {
  const std::string message = attribute("message", test.message);
  switch (test.result) {
    case Result::passed:
      break;
    case Result::skipped:
      return "<skipped" + message + "/>";
    case Result::failure:
    case Result::error: {
      const std::string name = test.result == Result::failure ? "failure" : "error";
      return "<" + name + message + attribute("type", test.type) + ">" + markup_lines(test.details) + "</" + name + ">";
    }
  }
  return "<system-out>" + markup_lines(test.type + ": " + test.message + "\n" + test.details) + "</system-out>";
}

/// Who the report is about, as far as it says so: its name, else where it was read from.
std::string machine_name(const Report& report) {
  const HostName& host = report.host.machine.host;
  for (const auto* name : {&host.name, &host.id})
    if (name->has_value()) return name->value();
  return report.source.kind == "live" ? report.source.name : report.source.kind + " " + report.source.name;
}

/// Viewers put suites of one name together: three hosts must stay three.
std::string suite_name(const Report& report) { return report.tool.name + " on " + machine_name(report); }

/// "2026-01-31T12:00:00": this dialect's time has no zone.
std::string time_without_zone(const std::string& time) { return time.ends_with('Z') ? time.substr(0, time.size() - 1) : time; }

}  // namespace

std::string render_junit(const Report& report) {
  std::vector<TestCase> tests{case_of_verdict(report)};
  for (const Finding& finding : report.findings) tests.push_back(case_of(report, finding));
  std::size_t failures = 0, errors = 0, skipped = 0;
  std::string cases;
  for (const TestCase& test : tests) {
    failures += test.result == Result::failure ? 1 : 0;
    errors += test.result == Result::error ? 1 : 0;
    skipped += test.result == Result::skipped ? 1 : 0;
    cases += "    <testcase" + attribute("classname", test.group) + attribute("name", test.name) + " time=\"0\">" +
             outcome(test) + "</testcase>\n";
  }
  const std::string counts = attribute("tests", std::to_string(tests.size())) +
                             attribute("failures", std::to_string(failures)) + attribute("errors", std::to_string(errors));
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", report.tool.name) + counts +
         ">\n  <testsuite" + attribute("name", suite_name(report)) + counts + attribute("skipped", std::to_string(skipped)) +
         attribute("timestamp", time_without_zone(report.generated_at)) + attribute("hostname", machine_name(report)) +
         " time=\"0\">\n" + cases + "  </testsuite>\n</testsuites>\n";
}

}  // namespace vfio_doctor
