// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/command_line.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>

#include "facts/input_error.hpp"
#include "reports/printable.hpp"
#include "runner/options.hpp"

namespace vfio_doctor {
namespace {

constexpr const char* examples = R"(
Examples:
  vfio-doctor                            can this host hand devices to virtual machines?
  vfio-doctor --device 03:00.0           what about this one?
  vfio-doctor groups                     every IOMMU group and what is in it
  vfio-doctor explain interrupt-remapping
  vfio-doctor --format json -o report.json
  vfio-doctor --sample hm170             try it on a recorded laptop

Exit codes: 0 ready, 1 not ready, 2 wrong usage or unreadable input, 3 undetermined.
)";

constexpr const char* manifest_examples = R"(
Examples:
  vfio-doctor manifest --domain win11 -o win11.json     what libvirt will give to this domain
  vfio-doctor manifest 03:00.0 -o card.json             what you mean to give

Then, in the guest:      vfio-guest-agent --expect win11.json
or, from the host:       vfio-doctor verify win11
)";

constexpr const char* verify_examples = R"(
Examples:
  vfio-doctor verify fedora                              through the QEMU guest agent
  vfio-doctor verify fedora --via ssh:root@192.0.2.7     through ssh
  vfio-doctor verify fedora --wait 60                    a guest that is still starting
  vfio-doctor verify fedora --manifest card.json         against what you meant, not against its XML
  vfio-doctor verify --manifest card.json --evidence lspci.txt lsusb.txt

Exit codes: 0 everything expected is there and works, 1 it is not, 2 wrong usage or the guest cannot be asked,
3 nothing fails, but not all could be seen.
)";

const std::map<std::string, ColorChoice> color_words = {
    {"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}};
const std::map<std::string, FailOn> fail_on_words = {
    {"fail", FailOn::fail}, {"warn", FailOn::warn}, {"never", FailOn::never}};

/// Options that every command understands, before and after its name.
void add_common_options(CLI::App& app, Options& options) {
  auto* source = app.add_option_group("Which machine");
  source->add_option("--root", options.source.root, "A directory that looks like / (a mounted disk, a recorded tree)")
      ->type_name("DIR");
  source->add_option("--from", options.source.from, "A snapshot made with 'vfio-doctor snapshot'")->type_name("FILE");
  source->add_option("--sample", options.source.sample, "A recorded machine that comes with the program: " + sample_names())
      ->type_name("NAME");
  app.add_option("--plugin-dir", options.plugin_directories, "Look for plugins there instead of the default directory; may be repeated")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->expected(1)
      ->type_name("DIR");
  app.add_option("--plugin-timeout", options.plugin_timeout, "How long each plugin may take, in seconds (default: 10)")
      ->check(CLI::Range(1U, 3600U))
      ->type_name("SECONDS");
  app.add_flag("--wake", options.wake, "Also read devices that are asleep (this wakes them)");
  app.add_option("--color", options.color, "Colour: auto, always, never")
      ->transform(CLI::CheckedTransformer(color_words, CLI::ignore_case))
      ->type_name("WHEN");
  app.add_flag("-v,--verbose", options.verbose, "Show what passed as well, and log what is done to standard error");
}

void add_output_options(CLI::App& app, Options& options, const std::vector<std::string>& formats) {
  std::string names;
  for (const auto& format : formats) names += (names.empty() ? "" : ", ") + format;
  app.add_option("--format", options.formats, "How to write it: " + names + "; several with -o for each")
      ->allow_extra_args(false)
      ->check(CLI::IsMember(formats))
      ->type_name("FORMAT");
  app.add_option("-o,--output", options.outputs, "Write to a file instead of standard output")
      ->allow_extra_args(false)
      ->type_name("FILE");
}

void add_check_options(CLI::App& app, Options& options) {
  app.add_option("--device", options.selectors,
                 "Judge this device: an address, vendor:device, or a piece of its name; may be repeated")
      ->allow_extra_args(false)
      ->type_name("SEL");
  app.add_option("--domain", options.domain, "Judge the devices that a libvirt domain takes: its name, or a file with its XML")
      ->type_name("NAME|FILE.xml");
  app.add_option("--only", options.only, "Report only these checks")->delimiter(',')->allow_extra_args(false)->type_name("ID,..");
  app.add_option("--skip", options.skip, "Leave these checks out")->delimiter(',')->allow_extra_args(false)->type_name("ID,..");
  app.add_option("--fail-on", options.fail_on, "What makes the exit code 1: fail, warn, never")
      ->transform(CLI::CheckedTransformer(fail_on_words, CLI::ignore_case))
      ->type_name("WHAT");
  add_output_options(app, options, {"text", "json", "html", "markdown", "junit", "sarif"});
}

void add_manifest_options(CLI::App& app, Options& options) {
  app.footer(manifest_examples);
  app.add_option("--domain", options.domain, "A libvirt domain, or a file with its XML")->type_name("NAME|FILE.xml");
  app.add_option("SEL", options.selectors, "Or devices: an address, vendor:device, or a piece of the name");
  app.add_option("-o,--output", options.outputs, "Write to a file instead of standard output")
      ->allow_extra_args(false)  // what follows the file is a device
      ->type_name("FILE");
}

void add_verify_options(CLI::App& app, Options& options) {
  app.footer(verify_examples);
  app.add_option("DOMAIN", options.domain, "The libvirt domain whose guest is asked");
  app.add_option("--via", options.via, "How to reach the guest: qga (the QEMU guest agent) or ssh:TARGET")->type_name("WAY");
  app.add_option("--wait", options.wait_seconds, "Give the devices that long to appear")
      ->check(CLI::Range(0u, 86400u))
      ->type_name("SECONDS");
  app.add_option("--manifest", options.manifest, "What to expect: a file of 'vfio-doctor manifest'")->type_name("FILE");
  app.add_option("--evidence", options.evidence,
                 "Judge captured output of the guest instead: lspci, lsusb, pnputil, Get-PnpDevice | ConvertTo-Json, pciconf")
      ->type_name("FILE");
  add_output_options(app, options, {"text", "json"});
}

using Command = int (*)(const Options&);

CLI::App* add_command(CLI::App& app, const std::string& name, const std::string& description, Command run, Command& chosen) {
  auto* command = app.add_subcommand(name, description);
  command->fallthrough();
  command->callback([run, &chosen] { chosen = run; });
  return command;
}

void add_snapshot_command(CLI::App& app, Options& options, Command& chosen) {
  auto* command = add_command(app, "snapshot", "Keep what this program reads here, to replay it elsewhere with --from",
                              run_snapshot_command, chosen);
  command->add_option("-o,--output", options.outputs, "The file to write: an archive (tar, zstd), or text where the name ends in .machine")
      ->type_name("FILE")
      ->required();
  command->add_flag("--no-redact", options.no_redact, "Keep addresses, serial numbers and names as they are");
}

void add_diff_command(CLI::App& app, Options& options, Command& chosen) {
  auto* command = add_command(app, "diff", "What changed between two reports (JSON) or snapshots", run_diff_command, chosen);
  command->add_option("FILE", options.compared, "The earlier and the later one")->required()->expected(2);
  add_output_options(*command, options, {"text", "json"});
  command->footer("Exit codes: 0 nothing got worse, 1 a verdict got worse, 2 wrong usage or unreadable input,\n"
                  "3 a verdict became undetermined.");
}

void add_commands(CLI::App& app, Options& options, Command& chosen) {
  add_check_options(*add_command(app, "check", "Judge this host and its devices (the default)", run_check_command, chosen), options);
  add_output_options(*add_command(app, "groups", "List the IOMMU groups", run_groups_command, chosen), options, {"text", "json", "svg"});
  add_output_options(*add_command(app, "checks", "List every check", run_checks_command, chosen), options, {"text", "json"});
  add_output_options(*add_command(app, "plugins", "List the plugins, and why some are refused", run_plugins_command, chosen),
                     options, {"text", "json"});
  add_manifest_options(*add_command(app, "manifest", "Write down what the guest should see", run_manifest_command, chosen), options);
  add_verify_options(*add_command(app, "verify", "Ask the guest whether its devices arrived and work", run_verify_command, chosen), options);
  add_command(app, "explain", "Show the page of a check", run_explain_command, chosen)
      ->add_option("ID", options.check_id, "The check's id, see 'vfio-doctor checks'")
      ->required();
  add_snapshot_command(app, options, chosen);
  add_diff_command(app, options, chosen);
}

/// A parse error in one line.
int report_usage_error(const std::string& message) {
  std::string line = message.substr(0, message.find('\n'));
  std::cerr << "vfio-doctor: " << printable(line) << " (see 'vfio-doctor --help')\n";
  return 2;
}

}  // namespace

int run_program(int count, const char* const* arguments) {
  Options options;
  Command chosen = nullptr;
  CLI::App app("vfio-doctor: is this host ready to hand PCI devices to virtual machines with VFIO, and which ones?",
               "vfio-doctor");
  app.footer(examples);
  app.set_version_flag("--version", "vfio-doctor " VFIO_DOCTOR_VERSION);
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_common_options(app, options);
  add_check_options(app, options);
  add_commands(app, options, chosen);
  app.require_subcommand(0, 1);
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return report_usage_error(error.what());
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vfio-doctor"));
  spdlog::set_pattern("vfio-doctor: %v");
  spdlog::set_level(options.verbose ? spdlog::level::debug : spdlog::level::warn);
  try {
    return (chosen ? chosen : run_check_command)(options);
  } catch (const InputError& error) {
    std::cerr << "vfio-doctor: " << printable(error.what()) << "\n";
  } catch (const std::exception& error) {
    std::cerr << "vfio-doctor: internal error: " << printable(error.what()) << "\n";
  }
  return 2;
}

}  // namespace vfio_doctor
