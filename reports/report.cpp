// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/report.hpp"

namespace vfio_doctor {

std::string_view to_text(Verdict verdict) {
  switch (verdict) {
    case Verdict::ready: return "ready";
    case Verdict::not_ready: return "not-ready";
    case Verdict::undetermined: return "undetermined";
  }
  return "undetermined";
}

std::string_view to_text(DeviceVerdict verdict) {
  switch (verdict) {
    case DeviceVerdict::assignable: return "assignable";
    case DeviceVerdict::with_companions: return "with-companions";
    case DeviceVerdict::protected_by_host: return "protected";
    case DeviceVerdict::blocked: return "blocked";
    case DeviceVerdict::unsuitable: return "unsuitable";
    case DeviceVerdict::undetermined: return "undetermined";
  }
  return "undetermined";
}

std::string_view page_of(const Report& report, const std::string& id) {
  for (const CheckPage& each : report.pages)
    if (each.id == id) return each.page;
  return {};
}

bool can_be_accepted(const Finding& finding) {
  return (finding.status == Status::warn || finding.status == Status::fail) && finding.effect != Effect::blocked &&
         finding.effect != Effect::unsuitable;
}

const Acceptance* acceptance_of(const Report& report, const Finding& finding) {
  if (report.accepted.empty() || !can_be_accepted(finding)) return nullptr;
  for (const Acceptance& each : report.accepted)
    if (each.id == finding.id && each.subject == finding.subject) return &each;
  return nullptr;
}

}  // namespace vfio_doctor
