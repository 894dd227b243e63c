// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/plugins/plugin_run.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstring>

#include "base/printable.hpp"
#include "base/text.hpp"
#include "runner/plugins/plugins.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t longest_line = 256 << 10;
constexpr std::size_t most_logged_lines = 100;

std::string seconds_text(std::chrono::milliseconds time) { return std::to_string(time.count() / 1000) + " s"; }

bool names_a_group(const Host& host, std::string_view subject) {
  constexpr std::string_view prefix = "group:";
  if (!subject.starts_with(prefix)) return false;
  const auto number = parse_unsigned(subject.substr(prefix.size()));
  return number && *number <= 0xffffffff && host.iommu.find_group(static_cast<unsigned>(*number)) &&
         subject == group_subject(static_cast<unsigned>(*number));
}

/// A subject that does not exist would never reach a verdict: what was meant for a device must not get lost in silence.
void require_subject(Finding& finding, const Host& host) {
  if (finding.subject == host_subject || names_a_group(host, finding.subject)) return;
  const auto address = PciAddress::parse(finding.subject);
  if (!address || !host.find(*address))
    throw ProtocolError("\"subject\" is neither \"host\" nor the address of a function nor \"group:N\" of this host");
  finding.subject = device_subject(*address);
}

std::vector<std::string_view> finding_lines(const ProcessResult& result) {
  std::string_view output = result.output;
  // What was cut off in the middle of a line is no mistake of that line.
  if (result.end != ProcessResult::End::exited) output = output.substr(0, output.rfind('\n') + 1);
  return split_lines(output);
}

void read_line(std::string_view line, const std::vector<PluginCheck>& checks, const Host& host, PluginOutcome& outcome) {
  if (line.size() > longest_line) throw ProtocolError("it is longer than " + std::to_string(longest_line / 1024) + " KiB");
  auto finding = parse_plugin_finding(line, checks);
  require_subject(finding, host);
  outcome.findings.push_back(std::move(finding));
}

void read_lines(const ProcessResult& result, const std::vector<PluginCheck>& checks, const Host& host, PluginOutcome& outcome) {
  const auto lines = finding_lines(result);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (trim(lines[i]).empty()) continue;
    try {
      read_line(lines[i], checks, host, outcome);
    } catch (const ProtocolError& problem) {
      if (++wrong > 1) continue;
      outcome.problem = "printed a line that is no finding: line " + std::to_string(i + 1) + ": " + problem.what();
      outcome.evidence = {{"line " + std::to_string(i + 1), std::string(lines[i].substr(0, 200))}};
    }
  }
  if (wrong > 1) outcome.problem += " (and " + std::to_string(wrong - 1) + " more)";
}

void sort_by_check(std::vector<Finding>& findings, const std::vector<PluginCheck>& checks) {
  std::ranges::stable_sort(findings, {}, [&checks](const Finding& finding) {
    return std::ranges::find(checks, finding.id, &PluginCheck::id) - checks.begin();
  });
}

Finding nothing_to_say(const PluginCheck& check) {
  Finding finding;
  finding.id = check.id;
  finding.title = check.title;
  finding.status = Status::not_applicable;
  finding.subject = host_subject;
  finding.summary = "Nothing on this host to check.";
  return finding;
}

}  // namespace

std::string what_went_wrong(const ProcessResult& result, std::chrono::milliseconds deadline) {
  using End = ProcessResult::End;
  switch (result.end) {
    case End::not_started:
      return "could not be started: " + result.problem +
             (result.problem == "Exec format error" ? " (a script starts with a line like #!/bin/sh)" : "");
    case End::signalled:
      return std::string("crashed: ") + ::strsignal(result.signal);
    case End::too_slow:
      return "was still at work after " + seconds_text(deadline) + " and was ended";
    case End::too_much_output:
      return "wrote too much and was ended";
    case End::too_many_processes:
      return "started too many processes and was ended";
    case End::exited:
      break;
  }
  if (result.exit_code != 0) return "ended with exit code " + std::to_string(result.exit_code);
  if (result.left_behind > 0)
    return "left " + std::to_string(result.left_behind) + (result.left_behind == 1 ? " process" : " processes") +
           " running at its end; they were ended";
  return {};
}

PluginOutcome read_plugin_findings(const ProcessResult& result, std::chrono::milliseconds deadline,
                                   const std::vector<PluginCheck>& checks, const Host& host) {
  PluginOutcome outcome;
  read_lines(result, checks, host, outcome);
  if (auto problem = what_went_wrong(result, deadline); !problem.empty()) outcome.problem = std::move(problem);
  if (outcome.problem.empty())
    for (const auto& check : checks)
      if (std::ranges::find(outcome.findings, check.id, &Finding::id) == outcome.findings.end())
        outcome.findings.push_back(nothing_to_say(check));
  sort_by_check(outcome.findings, checks);
  return outcome;
}

Finding plugin_failure(const std::string& label, const std::string& path, const std::string& problem,
                       std::vector<Evidence> evidence) {
  Finding finding;
  finding.id = plugin_finding_id;
  finding.title = "Plugin";
  finding.status = Status::error;
  finding.subject = host_subject;
  finding.summary = "The plugin " + label + " " + problem + ".";
  finding.evidence = std::move(evidence);
  finding.evidence.insert(finding.evidence.begin(), {"plugin", path});
  return finding;
}

void log_plugin_errors(const std::string& label, const ProcessResult& result) {
  const auto lines = split_lines(result.errors);
  for (std::size_t i = 0; i < std::min(lines.size(), most_logged_lines); ++i)
    spdlog::debug("plugin {}: {}", printable(label), printable(lines[i].substr(0, 1000)));
  if (lines.size() > most_logged_lines)
    spdlog::debug("plugin {}: ... {} more lines", printable(label), lines.size() - most_logged_lines);
}

}  // namespace vfio_doctor
