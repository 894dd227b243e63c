// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

namespace vfio_doctor {

/// A file that presents itself as a plugin, or a directory that may not hold any.
struct PluginFile {
  std::string path;      ///< as found: DIRECTORY/vfio-doctor-check-NAME
  std::string resolved;  ///< the file to run: all symbolic links followed
  std::string refusal;   ///< empty: it may run; else why not
};

/// Where plugins are looked for when no --plugin-dir is given.
std::string default_plugin_directory();

/// The files named vfio-doctor-check-* in the directories, in the order of the directories and then of their names; a
/// file that is met twice counts once. A file runs only when it, its directory and every directory above belong to root or
/// the caller and nobody else can write there; a refused directory is one entry. No directories: the default one, which
/// need not exist. Throws InputError where a named directory does not exist or cannot be read.
std::vector<PluginFile> find_plugin_files(const std::vector<std::string>& directories);

}  // namespace vfio_doctor
