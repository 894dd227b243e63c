// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "reports/report.hpp"
#include "runner/options.hpp"

namespace vfio_doctor {

/// Gathers, judges and reports what the options ask for: the way from a source to a Report that every command shares.
/// Throws InputError for unknown check ids, selectors and sources.
Report examine(const Options& options);

}  // namespace vfio_doctor
