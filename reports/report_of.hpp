// SPDX-License-Identifier: GPL-2.0-or-later
// From a judgement to the report that renderers write down.
#pragma once

#include <vector>

#include "facts/host.hpp"
#include "reports/report.hpp"
#include "verdicts/judge.hpp"

namespace vfio_doctor {

/// The report about `host`; `selection` holds the functions that the judgement is about, empty: the host. Not to be shown before
/// finish_report().
Report report_of(const Report::Source& source, const Host& host, Judgement judgement, const std::vector<PciAddress>& selection);

/// What holds for every report that leaves the program, once all is in it: secrets are masked, texts and lists are bounded.
void finish_report(Report& report);

}  // namespace vfio_doctor
