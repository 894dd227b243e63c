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

/// Where plugins are looked for when no --plugin-dir is given, the place that wins first: /etc, /usr/local/lib and
/// /usr/lib/vfio-doctor/checks.d whatever the prefix, and the one of the prefix. Made by the build.
std::vector<std::string> default_plugin_directories();

/// Named: by the user, with --plugin-dir; standard: those that are looked at without being asked.
enum class PluginPlaces { named, standard };

/// The files named vfio-doctor-check-* in the directories, in the order of the directories and then of their names; a
/// file that is met twice counts once. A file runs only when it, its directory and every directory above belong to root or
/// the caller and nobody else can write there; a refused directory is one entry. Standard directories need not exist, and a
/// file there hides those of the same name in later ones, so that /etc can replace what a package brought.
/// Throws InputError where a named directory does not exist, or one cannot be read.
std::vector<PluginFile> find_plugin_files(const std::vector<std::string>& directories, PluginPlaces kind);

}  // namespace vfio_doctor
