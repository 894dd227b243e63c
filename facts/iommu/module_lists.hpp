// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A module that a file of the host names, to be loaded at the start or to go into the initial RAM disk.
struct ListedModule {
  std::string module;  ///< with underscores: "vfio_virqfd"
  std::string file;
  unsigned line = 0;
  Observed<bool> installed;  ///< whether the running kernel has it
  /// The whole line of a file in modules-load.d that has more than a name; systemd takes all of it for the name
  /// (load_module_and_warn() in src/modules-load/modules-load.c).
  std::string line_for_a_name = {};
  std::string place() const { return file + ":" + std::to_string(line); }
};

/// Those of VFIO and from outside: from modules-load.d(5), /etc/modules, initramfs-tools' modules, dracut.conf(5),
/// mkinitcpio.conf and `modules-load=` on the running command line. `installed` is left unread.
std::vector<ListedModule> read_module_lists(const Root& root);

}  // namespace vfio_doctor
