// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <string>

#include "reports/report.hpp"

namespace vfio_doctor {

/// The largest file that node-feature-discovery reads (source/local/local.go, MaxFeatureFileSize).
inline constexpr std::size_t longest_nfd_file = 65536;

/// The report as a file for /etc/kubernetes/node-feature-discovery/features.d: labels for the scheduler, and which checks fail as a
/// raw feature. It expires three days after the report, three times the interval of the timer: a label of a host that nobody looks
/// at any more goes away. Label names and values keep to Kubernetes' rules: 63 characters of [A-Za-z0-9._-].
std::string render_nfd(const Report& report);

}  // namespace vfio_doctor
