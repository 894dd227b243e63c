// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "reports/outline.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor {

/// The devices with their group, verdict, name and driver; companions and reasons stand under each. What the
/// outline folds is counted in one line, or listed too when verbose.
void device_table(TextPage& page, const Outline& outline, const TextStyle& style);

}  // namespace vfio_doctor
