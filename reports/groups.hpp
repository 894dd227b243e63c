// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "reports/report.hpp"
#include "reports/text.hpp"

namespace vfio_doctor {

/// The IOMMU groups in ascending order with their members, each as "lspci -Dnns" would print it:
///   IOMMU group 14:
///     0000:03:00.0 Network controller [0280]: Intel Corporation Wireless 8260 [8086:24f3] (rev 3a)
/// Functions without a group come last. Lines are not broken. Verbose adds the group's type, and each
/// function's driver and verdict.
std::string render_groups_text(const Report& report, const TextStyle& style);

/// The same as docs/schema/groups-1.json describes it.
std::string render_groups_json(const Report& report);

/// A picture of the machine, see machine_picture(), as an SVG document.
std::string render_groups_svg(const Report& report);

}  // namespace vfio_doctor
