// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/pasted_checks.hpp"

#include <algorithm>

#include "checks/check.hpp"
#include "facts/paste/pasted_root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_from_checks = 4;

Cause as_cause(const Finding& finding, std::vector<PastedLine> evidence) {
  Cause cause;
  cause.id = finding.id;
  cause.title = "Check failed: " + finding.title;
  cause.summary = finding.summary;
  cause.place = "host";
  // A check knows facts; whether they are what the paste is about, it does not know.
  cause.confidence = Confidence::possible;
  cause.subject = finding.subject;
  cause.evidence = std::move(evidence);
  cause.remedy = finding.remedy;
  cause.ask = {"vfio-doctor check"};
  return cause;
}

std::vector<PastedLine> pasted_evidence(const Finding& finding, const PastedRoot& root) {
  std::vector<PastedLine> lines;
  const auto add = [&lines](const PastedAt* at) {
    if (at &&
        std::ranges::none_of(lines, [at](const PastedLine& line) { return line.file == at->file && line.line == at->line; }))
      lines.push_back({at->file, at->line, at->text});
  };
  for (const auto& evidence : finding.evidence) add(root.shown_at(evidence.source));
  add(root.shown_at(finding.subject));
  return lines;
}

}  // namespace

void add_failing_checks(Triage& triage) {
  const PastedRoot root(triage.machine, triage.documents);
  if (root.is_empty()) return;
  const auto host = gather_host(root);
  std::size_t added = 0;
  for (const auto& check : all_checks())
    for (const auto& finding : run_check(check, host)) {
      if (finding.status != Status::fail || added == most_from_checks) continue;
      auto evidence = pasted_evidence(finding, root);
      if (evidence.empty()) continue;
      triage.causes.push_back(as_cause(finding, std::move(evidence)));
      ++added;
    }
}

}  // namespace vfio_doctor
