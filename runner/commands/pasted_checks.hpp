// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "checks/signatures/triage.hpp"

namespace vfio_doctor {

/// What the checks of `vfio-doctor check` say about the host of a paste, where what was pasted decides. Only failures, and only
/// those whose evidence was pasted; behind the causes that messages prove.
void add_failing_checks(Triage& triage);

}  // namespace vfio_doctor
