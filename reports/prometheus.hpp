// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The report as metrics, text format 0.0.4, for the textfile directory of Prometheus' node_exporter; docs/prometheus.md lists
/// them. The same HELP on every host and no time stamps: files that differ in the one or have the other are refused there
/// (collector/textfile.go of node_exporter). What was not observed is NaN, or a label that is empty.
std::string render_prometheus(const Report& report);

}  // namespace vfio_doctor
