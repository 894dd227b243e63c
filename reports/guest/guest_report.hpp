// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "checks/guest/ladder.hpp"
#include "reports/report.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// What a set of guest findings comes to: not ready where one fails; undetermined where one is unknown, where a device is
/// not shown to be there and the right one, or where there is no device at all; else ready.
Verdict guest_verdict(const std::vector<Finding>& findings);

/// The judgement as a report; its source is `kind` ("guest" or "evidence") and `name`.
Report guest_report(const GuestJudgement& judgement, const GuestView& view, const std::string& kind, const std::string& name);

/// A guest's report for a terminal, device by device: how far each got, what proves it, what its host says, what to do
/// where it fails.
std::string render_guest_text(const Report& report, const TextStyle& style);

}  // namespace vfio_doctor
