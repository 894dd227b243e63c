// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/guest/guest_report.hpp"

#include "reports/bounds.hpp"

namespace vfio_doctor {

Verdict guest_verdict(const std::vector<Finding>& findings) {
  auto verdict = Verdict::ready;
  for (const auto& finding : findings) {
    if (finding.status == Status::fail || finding.status == Status::error) return Verdict::not_ready;
    if (finding.status == Status::unknown) verdict = Verdict::undetermined;
  }
  return verdict;
}

Report guest_report(const GuestJudgement& judgement, const GuestView& view, const std::string& kind,
                    const std::string& name) {
  Report report;
  report.source = {kind, name};
  if (view.kernel.has_value()) report.host.kernel = view.kernel.value();
  report.findings = guest_findings(judgement, view);
  report.notes = view.notes;
  report.verdict = guest_verdict(report.findings);
  bound_report(report);
  return report;
}

}  // namespace vfio_doctor
