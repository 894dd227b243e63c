// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/report.hpp"

namespace vfio_doctor {

/// Projects whose bug form this program fills in: "libvirt", "qemu", "virt-manager", "proxmox", "nixos", "kernel".
std::vector<std::string> bug_report_projects();

/// One run under the headings of that project's form, as Markdown (plain text for the kernel's mailing lists): what the
/// report knows stands there, what only a person knows is left to fill in. Nothing for another project.
std::optional<std::string> render_bug_report(const Report& report, std::string_view project);

}  // namespace vfio_doctor
