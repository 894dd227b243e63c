// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <set>
#include <vector>

namespace vfio_doctor {

/// The children of every thread of a process; empty where it is gone or the kernel does not tell
/// (CONFIG_PROC_CHILDREN is off).
std::vector<pid_t> children_of(pid_t process);

/// How many processes descend from `process`; stops counting beyond `most`.
std::size_t count_descendants(pid_t process, std::size_t most);

/// Kills and reaps the children of this program that are not in `kept`, and what they leave behind, for at most a second.
void end_children_except(const std::set<pid_t>& kept);

}  // namespace vfio_doctor
