// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"
#include "runner/plugins/plugin_directory.hpp"
#include "runner/plugins/plugin_protocol.hpp"

namespace vfio_doctor {

/// A plugin that was found, and what came of asking it to describe itself.
struct Plugin {
  PluginFile file;
  PluginDescription description;
  std::string refusal;  ///< empty: accepted; else why not, a piece of a sentence
  bool is_accepted() const { return refusal.empty(); }
  /// "acme 1.2", or the path while it has no name.
  std::string label() const;
};

/// Id of the findings in which this program says that a plugin was refused or failed.
inline constexpr std::string_view plugin_finding_id = "plugin";

/// What the user said about plugins.
struct PluginOptions {
  std::vector<std::string> directories;  ///< none: the default one
  unsigned timeout = 10;                 ///< seconds for each plugin to run
};

/// Finds the plugins that the options name and has them describe themselves, as many at a time as there are processors.
/// Refused: files that others can write to, descriptions that break the protocol, ids that are taken by a built-in check
/// or an earlier plugin. Throws InputError where a named directory does not exist.
std::vector<Plugin> load_plugins(const PluginOptions& options);

/// Runs the accepted plugins on the facts they asked for, as many at a time as there are processors. The findings come in
/// the order of the plugins and of their checks, whatever the order they ended in. A plugin that is refused or fails gives
/// exactly one `error` finding; what it said before it failed counts. Checks named in `skip` say nothing.
std::vector<Finding> run_plugins(const std::vector<Plugin>& plugins, const Host& host, const PluginOptions& options,
                                 const std::vector<std::string>& skip);

}  // namespace vfio_doctor
