// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace vfio_doctor {

/// Puts the guard among libvirt's hooks: a file of its own in hooks/qemu.d, which libvirt runs since 6.5 beside a hook that is
/// there already and stays untouched. `root_directory` stands before every path ("" on the live machine).
/// Each gives a sentence for the user. Throws InputError where something of that name is not ours, or on errors.
std::string install_guard(const std::string& root_directory, const std::string& program);
/// Takes it away, and the directories that install_guard() made, if they are empty.
std::string uninstall_guard(const std::string& root_directory);

struct GuardStatus {
  bool installed = false;
  std::string sentence;
};
GuardStatus guard_status(const std::string& root_directory);

}  // namespace vfio_doctor
