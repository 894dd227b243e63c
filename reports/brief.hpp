// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// The report on one screen: at most 24 lines at 80 columns, whatever it holds. Each problem in a line or two, the gravest
/// first, then the devices, what the host needs first; what has no room is counted. The last lines say what to type next.
std::string render_brief(const Report& report, const TextStyle& style);

}  // namespace vfio_doctor
