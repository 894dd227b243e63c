// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The report as JUnit XML, as CI systems read it. The first test case is the verdict: it passes when ready,
/// fails when not ready, and is an error when undetermined. Then one test case a finding: fail is a failure,
/// error an error; what is unknown or does not apply is skipped, with the reason; a warning and a finding
/// that protects a device pass, with what they say in system-out.
std::string render_junit(const Report& report);

}  // namespace vfio_doctor
