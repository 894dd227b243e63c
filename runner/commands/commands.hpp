// SPDX-License-Identifier: GPL-2.0-or-later
// The commands. Each has its own file, its own options and its own function, with the exit code as the result; all throw
// InputError for exit code 2.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "plan/make_plan.hpp"
#include "runner/commands/options.hpp"

namespace vfio_doctor {

enum class FailOn { fail, warn, never };

struct CheckOptions {
  ExamineOptions examine;
  OutputOptions output;
  FailOn fail_on = FailOn::fail;
  bool fix = false;  ///< a patch for the domain's XML instead of the report
};
int run_check_command(const CheckOptions& options);

struct GroupsOptions {
  ExamineOptions examine;
  OutputOptions output;
};
int run_groups_command(const GroupsOptions& options);

struct ChecksOptions {
  PluginOptions plugins;
  OutputOptions output;
};
int run_checks_command(const ChecksOptions& options);

struct ExplainOptions {
  PluginOptions plugins;
  OutputOptions output;
  std::string id;  ///< a check, a cause, an error text or a verdict
};
int run_explain_command(const ExplainOptions& options);

struct ListPluginsOptions {
  PluginOptions plugins;
  OutputOptions output;
  bool facts = false;  ///< the facts they get instead of the plugins
};
int run_plugins_command(const ListPluginsOptions& options);

struct ManifestOptions {
  MachineOptions machine;
  SelectionOptions selection;
  OutputOptions output;
};
int run_manifest_command(const ManifestOptions& options);

struct VerifyOptions {
  MachineOptions machine;
  SelectionOptions selection;  ///< the domain alone
  OutputOptions output;
  std::string manifest;               ///< a manifest file instead of one made now
  std::vector<std::string> evidence;  ///< captured listings instead of the agent
  std::string via = "qga";            ///< "qga" or "ssh:TARGET"
  unsigned wait_seconds = 0;          ///< give the guest that long
  bool exercise = false;              ///< make the devices work meanwhile
  unsigned cycles = 0;                ///< so many rounds of shutdown, start, reboot and reset
};
int run_verify_command(const VerifyOptions& options);

struct SnapshotOptions {
  MachineOptions machine;
  OutputOptions output;
  bool no_redact = false;
};
int run_snapshot_command(const SnapshotOptions& options);

struct DiffOptions {
  MachineOptions machine;  ///< whether sleeping devices of a snapshot are read, alone
  OutputOptions output;
  std::vector<std::string> compared;  ///< two files
};
int run_diff_command(const DiffOptions& options);

struct FleetOptions {
  OutputOptions output;
  FailOn fail_on = FailOn::fail;
  std::string reports;  ///< a directory, a file, or "-" for standard input
  std::string since;    ///< what an earlier run wrote as JSON; nothing: no comparison
};
int run_fleet_command(const FleetOptions& options);

struct TriageOptions {
  OutputOptions output;
  std::vector<std::string> pasted;  ///< files, "-" for standard input
  bool redact = false;
};
int run_triage_command(const TriageOptions& options);

struct BugReportOptions {
  ExamineOptions examine;
  OutputOptions output;
  std::string project;  ///< whose form
};
int run_bug_report_command(const BugReportOptions& options);

struct PlanOptions {
  ExamineOptions examine;
  OutputOptions output;
  BindWhen bind = BindWhen::automatic;
  CompanionChoice companions = CompanionChoice::pass;
  std::optional<unsigned> virtual_functions;
  std::string after;  ///< a plan, as JSON, that was carried out
};
int run_plan_command(const PlanOptions& options);

struct GuardOptions {
  MachineOptions machine;
  std::vector<std::string> words;  ///< install, uninstall, status, or what libvirt hands its hook
  std::string root;                ///< stands before the paths that it changes
};
int run_guard_command(const GuardOptions& options);

}  // namespace vfio_doctor
