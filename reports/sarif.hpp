// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The report as SARIF 2.1.0 (OASIS). Each check is a rule and each finding a result: fail is an error, warn
/// a warning, unknown is "open", a finding that protects a device is informational. A check that broke is a
/// notification of the run. Where a finding has a file as evidence, that is its location.
std::string render_sarif(const Report& report);

}  // namespace vfio_doctor
