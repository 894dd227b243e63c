// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The report as one HTML file that needs nothing else: no network, no script to be read (a script adds the
/// device filter and the download of the JSON inside). What others wrote is shown through printable() and
/// escaped.
std::string render_html(const Report& report);

}  // namespace vfio_doctor
