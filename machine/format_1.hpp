// SPDX-License-Identifier: GPL-2.0-or-later
// What recordings of format 1 leave unsaid.
#pragma once

#include "machine/recorded_nodes.hpp"

namespace vfio_doctor {

/// Recordings of format 1 (the first ones of 0.1.0) hold what was there; what was asked and absent is not in them, and a
/// directory that was listed looks like one that was only seen. This marks as `listed` what that version listed; its other
/// directories stay unlisted, and what is missing stays "not asked".
void mark_listed_by_format_1(RecordedNodes& nodes);

}  // namespace vfio_doctor
