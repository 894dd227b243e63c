// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/process/subprocess.hpp"
#include "checks/finding.hpp"
#include "facts/host.hpp"
#include "runner/plugins/plugin_protocol.hpp"

namespace vfio_doctor {

/// Judging what a plugin's process did and wrote.

/// How the process failed, as the end of a sentence that begins with the plugin: "ended with exit code 3". Empty where it
/// did its work and left nothing behind.
std::string what_went_wrong(const ProcessResult& result, std::chrono::milliseconds deadline);

struct PluginOutcome {
  std::vector<Finding> findings;  ///< in the order of the plugin's checks
  std::string problem;            ///< empty: all went well; else the one thing to tell, as what_went_wrong()
  std::vector<Evidence> evidence;
};

/// The findings a plugin printed. Lines that are no finding become one problem; the good ones count nevertheless, and so
/// does what was printed before a failure. A check that a successful plugin said nothing about is not applicable.
PluginOutcome read_plugin_findings(const ProcessResult& result, std::chrono::milliseconds deadline,
                                   const std::vector<PluginCheck>& checks, const Host& host);

/// The one finding about a plugin that was refused or failed.
Finding plugin_failure(const std::string& label, const std::string& path, const std::string& problem,
                       std::vector<Evidence> evidence);

/// What it wrote to standard error goes to the log, line by line, made harmless.
void log_plugin_errors(const std::string& label, const ProcessResult& result);

}  // namespace vfio_doctor
