// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// The program that builds the initial RAM disk.
enum class ImageTool { dracut, initramfs_tools, mkinitcpio, booster };

/// One list of names in a file: modules to load when the host starts, or a list for the initial RAM disk.
struct ModuleList {
  std::string kind;  ///< "load" (modules-load.d(5)), or the setting: "force_drivers", "MODULES", "HOOKS", "modules"
  std::vector<std::string> words;  ///< as written
  std::string text;                ///< the line as written
  std::string file;
  unsigned line = 0;
  std::string place() const { return file + ":" + std::to_string(line); }
};

/// A list that a later assignment took the place of.
struct LostList {
  ModuleList list;
  std::string by;       ///< the place of that assignment, "FILE:LINE"
  std::string by_text;  ///< and its line
};

/// The module behind a driver that holds some PCI function.
struct DriverModule {
  Observed<bool>
      built_in;        ///< /sys/module/MODULE without "initstate" is built in (kernel/module/main.c, module_add_modinfo_attrs)
  std::string module;  ///< with underscores
};

/// Which modules are loaded when, as far as files and /sys/module say.
struct ModuleFacts {
  std::vector<ImageTool> image_tools;           ///< whose configuration is there
  std::vector<ModuleList> image;                ///< what that says about modules and hooks, as far as it is in force
  std::vector<LostList> lost_image;             ///< and what it says in vain
  std::vector<ModuleList> load_at_start;        ///< /etc/modules and modules-load.d
  std::map<std::string, DriverModule> drivers;  ///< by driver name
  /// Of a fixed list of modules (nvidia_drm, vendor_reset, i915, xe, ...) those that are loaded or built in.
  std::vector<std::string> loaded;
  Observed<bool> loaded_seen;  ///< whether /sys/module could be looked at at all
  /// Parameters of a fixed list, "nvidia_drm.modeset" -> "Y"; absent where module or parameter is not there.
  std::map<std::string, Observed<std::string>> parameters;
  std::vector<std::string> unread;  ///< files that exist and could not be read, with the reason

  bool is_loaded(const std::string& module) const;
};

ModuleFacts gather_modules(const Root& root, const std::vector<PciFunction>& functions);

/// Parts of gather_modules(): the configuration of the programs that build the initial RAM disk.
void read_image_settings(const Root& root, ModuleFacts& facts);

}  // namespace vfio_doctor
