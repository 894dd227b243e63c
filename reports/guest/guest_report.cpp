// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/guest/guest_report.hpp"

#include "reports/bounds.hpp"
#include "reports/mask_report.hpp"

namespace vfio_doctor {

Verdict guest_verdict(const std::vector<Finding>& findings) {
  bool proves_a_device = false, leaves_open = false;
  for (const auto& finding : findings) {
    if (finding.status == Status::fail || finding.status == Status::error) return Verdict::not_ready;
    if (finding.status == Status::unknown) leaves_open = true;
    // It works, but the kernel tells of trouble: that is no proof.
    if (finding.id == rung_id(Rung::function) && finding.status == Status::warn) leaves_open = true;
    // That a device is there, and the right one, is never beside the point.
    if (finding.id != rung_id(Rung::present) && finding.id != rung_id(Rung::identity)) continue;
    if (finding.status == Status::not_applicable)
      leaves_open = true;
    else
      proves_a_device = true;
  }
  return proves_a_device && !leaves_open ? Verdict::ready : Verdict::undetermined;
}

Report guest_report(const GuestJudgement& judgement, const GuestView& view, const std::string& kind, const std::string& name) {
  Report report;
  report.source = {kind, name};
  if (view.kernel.has_value()) report.host.kernel = view.kernel.value();
  report.findings = guest_findings(judgement, view);
  report.notes = view.notes;
  report.verdict = guest_verdict(report.findings);
  mask_secrets(report);
  bound_report(report);
  return report;
}

}  // namespace vfio_doctor
