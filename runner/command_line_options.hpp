// SPDX-License-Identifier: GPL-2.0-or-later
// The options of the command line: where their values go, and how they are told to the parser.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "reports/formats.hpp"
#include "runner/commands/commands.hpp"

namespace CLI {
class App;
class Validator;
}  // namespace CLI

namespace vfio_doctor {

inline const std::vector<std::string> check_formats = names_of(report_formats());

/// What `app.parse()` fills in: the parts that may stand before the command's name, and which command it found.
struct Parsed {
  ExamineOptions examine;
  OutputOptions output;
  bool verbose = false, brief = false, all = false;
  FailOn fail_on = FailOn::fail;
  bool fix = false;
  std::function<int()> run;                          ///< the named one
  std::vector<std::string> formats = check_formats;  ///< that the command can write
  std::string help_topic;                            ///< of `help`: a command, or nothing
};

/// Runs a command with what it understands of the shared parts beside its own options.
template <class CommandOptions>
int run_with(const Parsed& parsed, CommandOptions options, int (*run)(const CommandOptions&)) {
  if constexpr (requires { options.examine; }) options.examine = parsed.examine;
  if constexpr (requires { options.machine; }) options.machine = parsed.examine.machine;
  if constexpr (requires { options.plugins; }) options.plugins = parsed.examine.plugins;
  if constexpr (requires { options.selection; }) options.selection = parsed.examine.selection;
  if constexpr (requires { options.output; }) options.output = parsed.output;
  if constexpr (requires { options.fail_on; }) options.fail_on = parsed.fail_on;
  if constexpr (requires { options.fix; }) options.fix = parsed.fix;
  return run(options);
}

/// Refuses an empty value, which is a script's unset variable: to go on as if nothing had been said would judge another machine
/// or device.
extern const CLI::Validator not_empty;

/// Options that every command understands, before and after its name.
void add_common_options(CLI::App& app, Parsed& parsed);
void add_file_option(CLI::App& app, OutputOptions& options,
                     const std::string& description = "Write to a file instead of standard output");
/// Whether the command can write the format is judged when it is known: `--format svg groups` is as good as the reverse.
void add_output_options(CLI::App& app, OutputOptions& options, const std::vector<std::string>& formats);
void add_check_options(CLI::App& app, Parsed& parsed);
void add_manifest_options(CLI::App& app, Parsed& parsed);
void add_plan_options(CLI::App& app, Parsed& parsed, PlanOptions& options, const std::vector<std::string>& formats);
void add_verify_options(CLI::App& app, Parsed& parsed, VerifyOptions& options);
void add_fleet_options(CLI::App& app, Parsed& parsed, FleetOptions& options, const std::vector<std::string>& formats);

}  // namespace vfio_doctor
