// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/boot_line.hpp"
#include "facts/boot/grub_menu.hpp"
#include "facts/boot/grub_variables.hpp"

namespace vfio_doctor {

/// What a grub.cfg holds.
struct GrubConfig {
  std::vector<BootEntry> entries;  ///< Linux entries in order; those os-prober found on other disks are left out
  GrubMenu menu;
  bool reads_loader_entries = false;  ///< has the command "blscfg"
  bool goes_on_elsewhere = false;     ///< has the command "configfile"
  bool cut_short = false;             ///< it has more entries than are looked at
  bool has_menu = false;              ///< has any menuentry, or blscfg
};

/// A file that lies beside grub.cfg, by its path.
using GrubFiles = std::function<Observed<std::string>(const std::string& path)>;

/// Carries out GRUB's script as far as it decides about the menu and the entries' command lines: assignments, conditions, functions,
/// menus. What a command of GRUB's own would find out (`search`, a file test) is not known: then both branches are possible.
/// `variables` holds afterwards what the script leaves.
GrubConfig parse_grub_config(std::string_view text, const std::string& file, GrubVariables& variables,
                             const GrubFiles& files = {});

/// Expands "$name" and "${name}" in the words of a kernel command line as GRUB does.
BootLine expand_grub_line(std::string_view text, const std::string& file, unsigned line, const GrubVariables& variables);

}  // namespace vfio_doctor
