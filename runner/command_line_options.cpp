// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/command_line_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "base/terminal.hpp"
#include "base/text.hpp"
#include "runner/commands/accepted_risks.hpp"

namespace vfio_doctor {
namespace {

const std::map<std::string, ColorChoice> color_words = {{"auto", ColorChoice::automatic},
                                                        {"always", ColorChoice::always},
                                                        {"never", ColorChoice::never}};
const std::map<std::string, FailOn> fail_on_words = {{"fail", FailOn::fail}, {"warn", FailOn::warn}, {"never", FailOn::never}};

const std::map<std::string, BindWhen> bind_words = {{"auto", BindWhen::automatic},
                                                    {"now", BindWhen::now},
                                                    {"start", BindWhen::start},
                                                    {"guest", BindWhen::guest}};
const std::map<std::string, CompanionChoice> companion_words = {{"pass", CompanionChoice::pass},
                                                                {"leave", CompanionChoice::leave}};

std::string refuse_empty(std::string& value) { return value.empty() ? "needs a value that is not empty" : ""; }

/// An option whose value is one of a few words.
template <class Value>
void add_word_option(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& words,
                     const std::string& description, const std::string& type) {
  std::vector<std::string> known;
  for (const auto& [word, meaning] : words) known.push_back(word);
  const auto refuse_others = [known](std::string& word) {
    return std::ranges::find(known, to_lower(word)) != known.end() ? "" : "'" + word + "' is none of " + join(known, ", ");
  };
  app.add_option_function<std::string>(
         name, [&value, &words](const std::string& word) { value = words.at(to_lower(word)); }, description)
      ->check(CLI::Validator(refuse_others, ""))
      ->type_name(type);
}

void add_domain_option(CLI::App& app, SelectionOptions& selection, const std::string& description) {
  app.add_option("--domain", selection.domain, description)->check(not_empty)->type_name("NAME|FILE.xml");
}

void add_risk_options(CLI::App& app, RiskOptions& risks) {
  app.add_option("--accept", risks.accepted,
                 "A risk that is known and taken: a check, or a check about one device; may be repeated")
      ->allow_extra_args(false)
      ->check(not_empty)
      ->type_name("ID[=ADDRESS]");
  app.add_option("--reason", risks.reasons, "Why the risk is taken; one for each --accept")
      ->allow_extra_args(false)
      ->check(not_empty)
      ->type_name("WORDS");
  app.add_option("--config", risks.config, "Accepted risks in a file, instead of " + std::string(host_config_path))
      ->check(not_empty)
      ->type_name("FILE");
}

}  // namespace

const CLI::Validator not_empty(refuse_empty, "");

void add_common_options(CLI::App& app, Parsed& parsed) {
  auto& machine = parsed.examine.machine;
  auto& plugins = parsed.examine.plugins;
  auto* source = app.add_option_group("Which machine");
  source->add_option("--root", machine.source.root, "A directory that looks like / (a mounted disk, a recorded tree)")
      ->check(not_empty)
      ->type_name("DIR");
  source->add_option("--from", machine.source.from, "A snapshot made with 'vfio-doctor snapshot'")
      ->check(not_empty)
      ->type_name("FILE");
  source->add_option("--sample", machine.source.sample, "A recorded machine that comes with the program: " + sample_names())
      ->check(not_empty)
      ->type_name("NAME");
  app.add_option("--plugin-dir", plugins.directories,
                 "Look for plugins there instead of the default directories; may be repeated")
      ->allow_extra_args(false)  // what follows the directory is not another one
      ->type_name("DIR");
  app.add_option("--plugin-timeout", plugins.timeout, "How long each plugin may take, in seconds (default: 10)")
      ->check(CLI::Range(1U, 3600U).description(""))
      ->type_name("SECONDS");
  app.add_flag("--wake", machine.wake, "Also read devices that are asleep (this wakes them)");
  add_word_option(app, "--color", parsed.output.color, color_words, "Colour: auto, always, never", "WHEN");
  app.add_flag("-v,--verbose", parsed.verbose, "Show what passed as well, and log what is done to standard error");
}

void add_file_option(CLI::App& app, OutputOptions& options, const std::string& description) {
  app.add_option("-o,--output", options.outputs, description)
      ->allow_extra_args(false)  // what follows the file is not another one
      ->check(not_empty)
      ->type_name("FILE");
}

void add_output_options(CLI::App& app, OutputOptions& options, const std::vector<std::string>& formats) {
  app.add_option("--format", options.formats,
                 "How to write it: " + join(formats, ", ") +
                     "; several with -o for each. Without it the name of the file tells")
      ->allow_extra_args(false)
      ->type_name("FORMAT");
  if (std::ranges::find(formats, "json") != formats.end())
    app.add_flag_callback(
        "--json", [&options] { options.formats.emplace_back("json"); }, "The same as --format json");
  add_file_option(app, options);
}

void add_check_options(CLI::App& app, Parsed& parsed) {
  auto& options = parsed.examine;
  auto& risks = options.risks;
  app.add_option("--device", options.selection.selectors,
                 "Judge this device: an address (03:00.0), a slot (03:00), vendor:device, a disk or network interface "
                 "(nvme1n1), "
                 "a kind (gpu, usb, wifi), a driver, or a piece of its name; may be repeated")
      ->allow_extra_args(false)
      ->type_name("SEL");
  add_domain_option(app, options.selection,
                    "Judge a domain and what it takes: its name, a file (XML, NNN.conf, command line), or pid:N");
  app.add_option("--only", options.only, "Report only these checks")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("ID,..");
  app.add_option("--skip", options.skip, "Leave these checks out")->delimiter(',')->allow_extra_args(false)->type_name("ID,..");
  add_risk_options(app, risks);
  auto* brief = app.add_flag("--brief", parsed.brief, "As text: one screen, whatever the host");
  app.add_flag("--all", parsed.all, "As text: everything, also what passed")->excludes(brief);
  app.add_flag("--identify", options.identify, "Say which host this is: its name, a hash of its machine id, its boot id");
  app.add_flag("--fix", parsed.fix, "Print a patch for the domain's XML instead of a report; nothing is changed");
  add_word_option(app, "--fail-on", parsed.fail_on, fail_on_words, "What makes the exit code 1: fail, warn, never", "WHAT");
  add_output_options(app, parsed.output, check_formats);
}

void add_manifest_options(CLI::App& app, Parsed& parsed) {
  add_domain_option(app, parsed.examine.selection, "A libvirt domain, or a file with its XML");
  app.add_option("SEL", parsed.examine.selection.selectors, "Or devices, as for --device of check");
  add_file_option(app, parsed.output);
}

void add_plan_options(CLI::App& app, Parsed& parsed, PlanOptions& options, const std::vector<std::string>& formats) {
  add_domain_option(app, parsed.examine.selection, "Plan for a guest: its name, or a file with its definition");
  app.add_option("SEL", parsed.examine.selection.selectors, "Or for devices, as for --device of check");
  add_word_option(app, "--bind", options.bind, bind_words,
                  "When vfio-pci gets the devices: now (until the next start), start (at each start, before the host's "
                  "drivers), guest (libvirt does it), auto",
                  "WHEN");
  add_word_option(app, "--companions", options.companions, companion_words,
                  "What shares a group and was not named: pass (goes along), leave (stays without a driver)", "HOW");
  app.add_option("--virtual-functions", options.virtual_functions,
                 "Switch so many virtual functions of the one named card on, instead of giving the card")
      ->check(CLI::Range(1u, 65535u).description(""))
      ->type_name("N");
  app.add_option("--after", options.after, "Compare the host with a plan (JSON) that was carried out")
      ->check(not_empty)
      ->type_name("FILE");
  add_risk_options(app, parsed.examine.risks);
  add_output_options(app, parsed.output, formats);
}

void add_verify_options(CLI::App& app, Parsed& parsed, VerifyOptions& options) {
  app.add_option("DOMAIN", parsed.examine.selection.domain, "The libvirt domain whose guest is asked")->check(not_empty);
  app.add_option("--via", options.via, "How to reach the guest: qga (the QEMU guest agent) or ssh:TARGET")->type_name("WAY");
  app.add_option("--wait", options.wait_seconds, "Give the devices that long to appear")
      ->check(CLI::Range(0u, 86400u).description(""))
      ->type_name("SECONDS");
  app.add_flag("--exercise", options.exercise,
               "Make the devices work while the agent looks: read a block, bring a link up and down again, ask for a USB "
               "descriptor "
               "or a codec; nothing is written to a disk");
  app.add_option("--cycle", options.cycles,
                 "Take the guest through shutdown, start, reboot and reset so many times, and ask it after each; stops at the "
                 "first failure")
      ->check(CLI::Range(1u, 1000u).description(""))
      ->type_name("N");
  app.add_option("--manifest", options.manifest, "What to expect: a file of 'vfio-doctor manifest'")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--evidence", options.evidence,
                 "Judge captured output of the guest instead: lspci, lsusb, usb-devices, dmesg, pnputil, Get-PnpDevice, "
                 "Win32_PnPEntity, devcon, pciconf, system_profiler")
      ->type_name("FILE");
  add_output_options(app, parsed.output, {"text", "json"});
}

void add_fleet_options(CLI::App& app, Parsed& parsed, FleetOptions& options, const std::vector<std::string>& formats) {
  app.add_option("REPORTS", options.reports, "A directory, a file with a report a line, or '-' for standard input")
      ->required()
      ->check(not_empty);
  app.add_option("--since", options.since, "Say what changed since an earlier run, whose JSON this is")
      ->check(not_empty)
      ->type_name("FILE");
  add_word_option(app, "--fail-on", parsed.fail_on, fail_on_words, "What makes the exit code 1: fail, warn, never", "WHAT");
  add_output_options(app, parsed.output, formats);
}

}  // namespace vfio_doctor
