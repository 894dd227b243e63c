// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// How to put `argument` ("intel_iommu=on") on the kernel command line of this host for good, with the tools
/// of its distribution and boot loader. Where those are not known the remedy says so and names no command.
/// Precondition: `argument` is a fixed text of this program or an argument that was found on the host; it is
/// quoted for the shell.
Remedy add_kernel_argument(const Host& host, const std::string& argument);

/// How to take every `argument` off the command line again.
Remedy remove_kernel_argument(const Host& host, const std::string& argument);

/// Several arguments at once, for one edit and one start. Both lists may be empty: then there is nothing to do and no command.
Remedy change_kernel_arguments(const Host& host, const std::vector<std::string>& added,
                               const std::vector<std::string>& removed);

/// The last command of a remedy that takes effect when the host starts anew; hosts without systemd have it, too.
inline constexpr const char* reboot_command = "sudo reboot";

/// A sentence, with a blank before it, where the settings that are carried to the boot entries lack the root= that the running
/// kernel has; else empty.
std::string warning_of_missing_root(const Host& host);

/// Takes these options out of `pci=nomsi,realloc` and leaves the others of the argument.
Remedy remove_kernel_argument_options(const Host& host, const KernelArgument& argument,
                                      const std::vector<std::string>& options);

/// Where this host's settings have the argument already ("/etc/kernel/cmdline:1"), in the place that
/// add_kernel_argument() would name; empty where they have not.
std::string place_of_setting(const Host& host, const std::string& argument);

/// Where else it stands and comes to nothing: in settings that this host's boot loader does not read, in words that a later line
/// takes the place of, in an entry that a person writes for another loader. Empty where the loader is not known: then nothing is
/// known to be out of force.
std::string place_out_of_force(const Host& host, const std::string& argument);

/// True where one command changes the boot entries themselves, whatever the settings say: grubby, kernelstub.
bool kernel_argument_command_changes_entries(const Host& host);

/// The files that apply_boot_settings_commands(), and a change of the command line, may make or change.
std::vector<std::string> files_of_boot_settings(const Host& host);

/// The commands that carry an edited configuration file to the boot entries ("sudo update-grub"); empty where
/// that is not known or nothing needs to be carried.
std::vector<std::string> apply_boot_settings_commands(const Host& host);

}  // namespace vfio_doctor
