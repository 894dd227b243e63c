// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"

namespace vfio_doctor {

/// What plugins and this program say to each other; docs/plugins.md is the same for people who write plugins.
inline constexpr int plugin_protocol = 1;

/// What a plugin wrote is not what the protocol says. The message is a piece of a sentence: "checks[0].id is missing".
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One check as its plugin describes it; the same words that describe a built-in check (see Check).
struct PluginCheck {
  std::string id, title, group;
  std::vector<std::string> facts;  ///< names of groups, see fact_group_names()
  std::string page;                ///< Markdown; may be empty
};

struct PluginDescription {
  std::string name, version;
  std::vector<PluginCheck> checks;  ///< at least one
};

/// Reads what `describe` printed (docs/schema/plugin-describe-1.json). Throws ProtocolError.
PluginDescription parse_plugin_description(const std::string& output);

/// Reads one line of what `run` printed (docs/schema/plugin-finding-1.json). Its id must be one of `checks`; whether its
/// subject exists is for the caller to see. Throws ProtocolError.
Finding parse_plugin_finding(std::string_view line, const std::vector<PluginCheck>& checks);

}  // namespace vfio_doctor
