// SPDX-License-Identifier: GPL-2.0-or-later
// What plugins write is prose of others: where it names the subject of its finding is found out once, where it comes in.
#pragma once

#include "checks/finding.hpp"

namespace vfio_doctor {

/// Marks in a plugin's finding where summary and commands name its subject.
void mark_names(Finding& finding);

}  // namespace vfio_doctor
