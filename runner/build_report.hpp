// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/check.hpp"
#include "reports/report.hpp"
#include "runner/device_verdicts.hpp"
#include "runner/source.hpp"

namespace vfio_doctor {

/// Id of the findings in which the runner itself says what a selection or the whole host comes to; see
/// docs/verdicts.md.
inline constexpr std::string_view verdict_finding_id = "verdict";

/// Puts findings and decisions together. With a selection the verdict is about the selected functions and nothing
/// else; without one it is about the host: can a device be assigned here at all. Where `only` names check ids, the
/// report holds and the host's verdict counts only their findings; device verdicts always rest on all of them.
Report build_report(const Source& source, const Host& host, std::vector<Finding> findings,
                    const std::vector<PciAddress>& selection, const std::vector<std::string>& only,
                    std::vector<Acceptance> accepted = {});

/// Now, or what SOURCE_DATE_EPOCH says.
std::string time_of_report();

/// Exit code for a verdict: 0 ready, 1 not ready, 3 undetermined.
int exit_code(Verdict verdict);

}  // namespace vfio_doctor
