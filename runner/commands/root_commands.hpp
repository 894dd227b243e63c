// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "plan/plan.hpp"

namespace vfio_doctor {

/// A shell command without the "sudo" in front of it or of a part of a pipe; "sudoedit" becomes "vi". Root needs none, and many
/// hosts of virtual machines (Proxmox VE) come without it.
std::string without_sudo(std::string_view command);

/// The same for every command of every remedy. This is the one place: rules write commands as a user would type them.
void leave_out_sudo(std::vector<Finding>& findings);

/// The same for every command of every step.
void leave_out_sudo(Plan& plan);

}  // namespace vfio_doctor
