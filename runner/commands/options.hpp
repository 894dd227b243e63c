// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/terminal.hpp"
#include "runner/plugins/plugins.hpp"
#include "snapshot/source.hpp"

namespace vfio_doctor {

enum class FailOn { fail, warn, never };

/// What the user asked for, after parsing. Each command reads the part that concerns it.
struct Options {
  SourceOptions source;
  bool wake = false;
  bool brief = false, all = false;  ///< check: how much the text says
  bool identify = false;            ///< check: say which host this is
  bool verbose = false;
  ColorChoice color = ColorChoice::automatic;
  PluginOptions plugins;
  bool facts = false;  ///< plugins: the facts they get instead of the plugins

  std::vector<std::string> formats, outputs;  ///< the n-th format goes to the n-th output; what is left to stdout
  std::vector<std::string> selectors;         ///< --device, or the SEL arguments of a command
  std::vector<std::string> only, skip;        ///< check ids
  FailOn fail_on = FailOn::fail;
  std::vector<std::string> accepted, reasons;  ///< the n-th risk is accepted for the n-th reason
  std::string config;                          ///< a file with accepted risks, instead of the host's own

  std::string project;   ///< bug-report: whose form
  std::string check_id;  ///< explain
  std::string domain;    ///< --domain, or the DOMAIN argument of verify

  std::string manifest;               ///< verify: a manifest file instead of one made now
  std::vector<std::string> evidence;  ///< verify: captured listings instead of the agent
  std::string via = "qga";            ///< verify: "qga" or "ssh:TARGET"
  unsigned wait_seconds = 0;          ///< verify: give the guest that long
  bool exercise = false;              ///< verify: make the devices work meanwhile
  unsigned cycles = 0;                ///< verify: so many rounds of shutdown, start, reboot and reset
  bool no_redact = false;  ///< snapshot
  std::vector<std::string> compared;  ///< diff: two files
  std::vector<std::string> pasted;    ///< triage: files, "-" for standard input
  bool redact = false;                ///< triage
  std::vector<std::string> guard_words;  ///< guard: install, uninstall, status, or what libvirt hands its hook
  std::string guard_root;                ///< guard: stands before the paths that it changes
};

/// One command: its own file, its own function, the exit code as the result. Throws InputError for exit code 2.
int run_check_command(const Options& options);
int run_groups_command(const Options& options);
int run_checks_command(const Options& options);
int run_explain_command(const Options& options);
int run_manifest_command(const Options& options);
int run_verify_command(const Options& options);
int run_snapshot_command(const Options& options);
int run_diff_command(const Options& options);
int run_plugins_command(const Options& options);
int run_triage_command(const Options& options);
int run_bug_report_command(const Options& options);
int run_guard_command(const Options& options);

}  // namespace vfio_doctor
