// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a plugin prints: its description, or a finding.
#include "fuzz/target.hpp"
#include "runner/plugins/plugin_protocol.hpp"

namespace vfio_doctor {

void try_input(const std::string& bytes) {
  try {
    parse_plugin_description(bytes);
  } catch (const ProtocolError&) {
  }
  PluginCheck check;
  check.id = "my-check";
  try {
    parse_plugin_finding(bytes, {check});
  } catch (const ProtocolError&) {
  }
}

}  // namespace vfio_doctor
