// SPDX-License-Identifier: GPL-2.0-or-later
// The words of decisions: about a host or a selection, and about one function.
#pragma once

#include <string_view>

namespace vfio_doctor {

enum class Verdict { ready, not_ready, undetermined };

enum class DeviceVerdict { assignable, with_companions, protected_by_host, blocked, unsuitable, undetermined };

std::string_view to_text(Verdict verdict);        ///< "ready", "not-ready", "undetermined"
std::string_view to_text(DeviceVerdict verdict);  ///< "assignable", "with-companions", "protected", ...

/// Exit code for a verdict: 0 ready, 1 not ready, 3 undetermined.
int exit_code(Verdict verdict);

/// Id of the findings that say what a selection or the whole host comes to; see docs/verdicts.md.
inline constexpr std::string_view verdict_finding_id = "verdict";

}  // namespace vfio_doctor
