// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/command_line.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <optional>

#include "base/input_error.hpp"
#include "base/nearest_word.hpp"
#include "base/printable.hpp"
#include "base/terminal.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "reports/bug_report.hpp"
#include "reports/formats.hpp"
#include "runner/commands/accepted_risks.hpp"
#include "runner/commands/command_help.hpp"
#include "runner/commands/help_text.hpp"
#include "runner/commands/options.hpp"
#include "runner/commands/output.hpp"
#include "runner/plugins/plugin_protocol.hpp"
#include "snapshot/archive_layout.hpp"
#include "verdicts/selector.hpp"

namespace vfio_doctor {
namespace {

const std::map<std::string, ColorChoice> color_words = {
    {"auto", ColorChoice::automatic}, {"always", ColorChoice::always}, {"never", ColorChoice::never}};
const std::map<std::string, FailOn> fail_on_words = {
    {"fail", FailOn::fail}, {"warn", FailOn::warn}, {"never", FailOn::never}};
const std::vector<std::string> check_formats = names_of(report_formats());

/// What `app.parse()` fills in, and which command it found.
struct Parsed {
  Options options;
  int (*run)(const Options&) = run_check_command;
  std::vector<std::string> formats = check_formats;  ///< that the command can write
  std::string help_topic;                            ///< of `help`: a command, or nothing
};

/// An empty value is a script's unset variable: to go on as if nothing had been said would judge another machine or device.
std::string refuse_empty(std::string& value) { return value.empty() ? "needs a value that is not empty" : ""; }

const CLI::Validator not_empty(refuse_empty, "");

/// An option whose value is one of a few words.
template <class Value>
void add_word_option(CLI::App& app, const std::string& name, Value& value, const std::map<std::string, Value>& words,
                     const std::string& description, const std::string& type) {
  std::vector<std::string> known;
  for (const auto& [word, meaning] : words) known.push_back(word);
  const auto refuse_others = [known](std::string& word) {
    return std::ranges::find(known, to_lower(word)) != known.end() ? "" : "'" + word + "' is none of " + join(known, ", ");
  };
  app.add_option_function<std::string>(name, [&value, &words](const std::string& word) { value = words.at(to_lower(word)); }, description)
      ->check(CLI::Validator(refuse_others, ""))
      ->type_name(type);
}

/// Options that every command understands, before and after its name.
void add_common_options(CLI::App& app, Options& options) {
  auto* source = app.add_option_group("Which machine");
  source->add_option("--root", options.source.root, "A directory that looks like / (a mounted disk, a recorded tree)")
      ->check(not_empty)
      ->type_name("DIR");
  source->add_option("--from", options.source.from, "A snapshot made with 'vfio-doctor snapshot'")
      ->check(not_empty)
      ->type_name("FILE");
  source->add_option("--sample", options.source.sample, "A recorded machine that comes with the program: " + sample_names())
      ->check(not_empty)
      ->type_name("NAME");
  app.add_option("--plugin-dir", options.plugins.directories, "Look for plugins there instead of the default directories; may be repeated")
      ->allow_extra_args(false)  // what follows the directory is not another one
      ->type_name("DIR");
  app.add_option("--plugin-timeout", options.plugins.timeout, "How long each plugin may take, in seconds (default: 10)")
      ->check(CLI::Range(1U, 3600U).description(""))
      ->type_name("SECONDS");
  app.add_flag("--wake", options.wake, "Also read devices that are asleep (this wakes them)");
  add_word_option(app, "--color", options.color, color_words, "Colour: auto, always, never", "WHEN");
  app.add_flag("-v,--verbose", options.verbose, "Show what passed as well, and log what is done to standard error");
}

void add_file_option(CLI::App& app, Options& options, const std::string& description = "Write to a file instead of standard output") {
  app.add_option("-o,--output", options.outputs, description)
      ->allow_extra_args(false)  // what follows the file is not another one
      ->check(not_empty)
      ->type_name("FILE");
}

/// Whether the command can write the format is judged when it is known: `--format svg groups` is as good as the reverse.
void add_output_options(CLI::App& app, Options& options, const std::vector<std::string>& formats) {
  app.add_option("--format", options.formats,
                 "How to write it: " + join(formats, ", ") + "; several with -o for each. Without it the name of the file tells")
      ->allow_extra_args(false)
      ->type_name("FORMAT");
  if (std::ranges::find(formats, "json") != formats.end())
    app.add_flag_callback("--json", [&options] { options.formats.emplace_back("json"); }, "The same as --format json");
  add_file_option(app, options);
}

void add_check_options(CLI::App& app, Options& options) {
  app.add_option("--device", options.selectors,
                 "Judge this device: an address (03:00.0), a slot (03:00), vendor:device, a disk or network interface (nvme1n1), "
                 "a kind (gpu, usb, wifi), a driver, or a piece of its name; may be repeated")
      ->allow_extra_args(false)
      ->type_name("SEL");
  app.add_option("--domain", options.domain, "Judge a domain and what it takes: its name, a file (XML, NNN.conf, command line), or pid:N")
      ->check(not_empty)
      ->type_name("NAME|FILE.xml");
  app.add_option("--only", options.only, "Report only these checks")->delimiter(',')->allow_extra_args(false)->type_name("ID,..");
  app.add_option("--skip", options.skip, "Leave these checks out")->delimiter(',')->allow_extra_args(false)->type_name("ID,..");
  app.add_option("--accept", options.accepted, "A risk that is known and taken: a check, or a check about one device; may be repeated")
      ->allow_extra_args(false)
      ->check(not_empty)
      ->type_name("ID[=ADDRESS]");
  app.add_option("--reason", options.reasons, "Why the risk is taken; one for each --accept")
      ->allow_extra_args(false)
      ->check(not_empty)
      ->type_name("WORDS");
  app.add_option("--config", options.config, "Accepted risks in a file, instead of " + std::string(host_config_path))
      ->check(not_empty)
      ->type_name("FILE");
  auto* brief = app.add_flag("--brief", options.brief, "As text: one screen, whatever the host");
  app.add_flag("--all", options.all, "As text: everything, also what passed")->excludes(brief);
  app.add_flag("--identify", options.identify, "Say which host this is: its name, a hash of its machine id, its boot id");
  add_word_option(app, "--fail-on", options.fail_on, fail_on_words, "What makes the exit code 1: fail, warn, never", "WHAT");
  add_output_options(app, options, check_formats);
}

void add_manifest_options(CLI::App& app, Options& options) {
  app.add_option("--domain", options.domain, "A libvirt domain, or a file with its XML")
      ->check(not_empty)
      ->type_name("NAME|FILE.xml");
  app.add_option("SEL", options.selectors, "Or devices, as for --device of check");
  add_file_option(app, options);
}

void add_verify_options(CLI::App& app, Options& options) {
  app.add_option("DOMAIN", options.domain, "The libvirt domain whose guest is asked")->check(not_empty);
  app.add_option("--via", options.via, "How to reach the guest: qga (the QEMU guest agent) or ssh:TARGET")->type_name("WAY");
  app.add_option("--wait", options.wait_seconds, "Give the devices that long to appear")
      ->check(CLI::Range(0u, 86400u).description(""))
      ->type_name("SECONDS");
  app.add_flag("--exercise", options.exercise,
               "Make the devices work while the agent looks: read a block, bring a link up and down again, ask for a USB descriptor "
               "or a codec; nothing is written to a disk");
  app.add_option("--cycle", options.cycles,
                 "Take the guest through shutdown, start, reboot and reset so many times, and ask it after each; stops at the first failure")
      ->check(CLI::Range(1u, 1000u).description(""))
      ->type_name("N");
  app.add_option("--manifest", options.manifest, "What to expect: a file of 'vfio-doctor manifest'")
      ->check(not_empty)
      ->type_name("FILE");
  app.add_option("--evidence", options.evidence,
                 "Judge captured output of the guest instead: lspci, lsusb, pnputil, Get-PnpDevice, Win32_PnPEntity, devcon, pciconf")
      ->type_name("FILE");
  add_output_options(app, options, {"text", "json"});
}

/// `formats` are those that the command writes, the first one when none is asked for; `taken` are the options of `check`
/// that mean something to it.
CLI::App* add_command(CLI::App& app, Parsed& parsed, const std::string& name, const std::string& description,
                      const char* help, int (*run)(const Options&), const std::vector<std::string>& formats,
                      const std::vector<std::string>& taken) {
  auto* command = app.add_subcommand(name, description);
  command->fallthrough();
  command->footer(std::string(help) + "\n\nOptions of every command, such as --root and --sample: vfio-doctor --help");
  command->callback([&app, &parsed, name, run, formats, taken] {
    parsed.run = run;
    parsed.formats = formats;
    for (const auto* option : {"--device", "--domain", "--only", "--skip", "--fail-on", "--accept", "--reason", "--config", "--brief",
                               "--all", "--identify"})
      if (app.get_option(option)->count() > 0 && std::ranges::find(taken, option) == taken.end())
        throw CLI::ValidationError(option, "means nothing to '" + name + "'");
  });
  return command;
}

void add_commands(CLI::App& app, Parsed& parsed) {
  auto& options = parsed.options;
  const auto add = [&](const std::string& name, const std::string& description, const char* help, auto* run,
                       const std::vector<std::string>& formats, const std::vector<std::string>& taken) {
    return add_command(app, parsed, name, description, help, run, formats, taken);
  };
  using Words = std::vector<std::string>;
  const Words list_formats = {"text", "json"}, groups_formats = names_of(group_formats());
  add_check_options(*add("check", "Judge this host and its devices (the default)", check_help, run_check_command, check_formats,
                         {"--device", "--domain", "--only", "--skip", "--fail-on", "--accept", "--reason", "--config", "--brief",
                          "--all", "--identify"}), options);
  add_output_options(*add("groups", "List the IOMMU groups", groups_help, run_groups_command, groups_formats, {"--skip"}),
                     options, groups_formats);
  add_output_options(*add("checks", "List every check", checks_help, run_checks_command, list_formats, {}), options, list_formats);
  auto* plugins = add("plugins", "List the plugins, and why some are refused", plugins_help, run_plugins_command, list_formats, {});
  plugins->add_flag("--facts", options.facts, "List the facts that plugins get instead");
  add_output_options(*plugins, options, list_formats);
  add_manifest_options(*add("manifest", "Write down what the guest should see", manifest_help, run_manifest_command, {"json"},
                            {"--device", "--domain"}), options);
  add_verify_options(*add("verify", "Ask the guest whether its devices arrived and work", verify_help, run_verify_command,
                          list_formats, {"--domain"}), options);
  auto* explain = add("explain", "Show the page of a check, or what a verdict means", explain_help, run_explain_command, {"text"}, {});
  explain->add_option("ID", options.check_id, "The check's id, see 'vfio-doctor checks', an error text, or a verdict")->required();
  add_file_option(*explain, options);
  auto* snapshot = add("snapshot", "Keep what this program reads here, to replay it elsewhere with --from", snapshot_help,
                       run_snapshot_command, {}, {});
  add_file_option(*snapshot, options, "The file to write: an archive (tar, zstd), or text where the name ends in .machine");
  snapshot->add_flag("--no-redact", options.no_redact, "Keep addresses, serial numbers and names as they are");
  auto* bug_report = add("bug-report", "One run under the headings of a project's bug form", bug_report_help, run_bug_report_command, {},
                         {"--device", "--domain", "--only", "--skip", "--accept", "--reason", "--config", "--identify"});
  bug_report->add_option("--for", options.project, "Whose form: " + join(bug_report_projects(), ", "))->check(not_empty)->type_name("PROJECT");
  add_file_option(*bug_report, options);
  auto* guard = add("guard", "libvirt's hook: refuse starts that would take what this host needs", guard_help, run_guard_command, {}, {});
  guard->add_option("WORD", options.guard_words, "install, uninstall, status; or NAME OPERATION SUBOP EXTRA from libvirt")->expected(1, 16);
  guard->add_option("--root-dir", options.guard_root, "Install below this directory")->check(not_empty)->type_name("DIR");
  auto* diff = add("diff", "What changed between two reports (JSON) or snapshots", diff_help, run_diff_command, list_formats, {});
  diff->add_option("FILE", options.compared, "The earlier and the later one")->required()->expected(2);
  add_output_options(*diff, options, list_formats);
  const Words triage_formats = {"text", "json", "html", "markdown"};
  auto* triage = add("triage", "Find the cause in what somebody pasted: logs, errors, listings", triage_help, run_triage_command, triage_formats, {});
  triage->add_option("FILE", options.pasted, "What was pasted; '-' or nothing is standard input");
  triage->add_flag("--redact", options.redact, "Take addresses, serial numbers and names out of what is quoted");
  add_output_options(*triage, options, triage_formats);
  app.add_subcommand("help", "Show the help of a command")->add_option("COMMAND", parsed.help_topic, "The command, or 'formats': what a report can be written as");
  app.add_subcommand("version", "Print the version, of the libraries as well");
}

void require_formats(const Parsed& parsed) {
  for (const auto& format : parsed.options.formats) {
    if (parsed.formats.empty()) throw CLI::ValidationError("--format", "means nothing to this command");
    if (std::ranges::find(parsed.formats, format) == parsed.formats.end())
      throw CLI::ValidationError("--format", "'" + format + "' is none of " + join(parsed.formats, ", "));
  }
}

/// The command that was given; the whole program where none was.
const CLI::App& given_command(const CLI::App& app) {
  const auto commands = app.get_subcommands();
  return commands.empty() ? app : *commands.front();
}

/// A usage error in one line, which ends with the help that knows more.
int report_usage_error(const CLI::App& app, const std::string& message) {
  const auto& command = given_command(app);
  const auto name = &command == &app ? std::string() : " " + command.get_name();
  std::cerr << "vfio-doctor: " << printable(message.substr(0, message.find('\n'))) << " (see 'vfio-doctor" << name << " --help')\n";
  return 2;
}

/// Shows text of the program's own on standard output. The exit code.
int show(const std::string& text) {
  if (std::cout << text && std::cout.flush()) return 0;
  std::cerr << "vfio-doctor: standard output: " << std::strerror(errno) << "\n";
  return 2;
}

std::string version_text() {
  return std::string("vfio-doctor ") + program_version + "\nBuilt with " + built_with + "\nSnapshots: " +
         std::string(archive_layout::format_name) + ", plugin protocol " + std::to_string(plugin_protocol) + "\n";
}

/// What the parser could not place: an unknown option sooner than what follows it.
std::string describe_leftovers(const CLI::App& app) {
  const auto leftovers = app.remaining(true);
  if (leftovers.empty()) return "too many arguments";
  const auto is_option = [](const std::string& word) { return word.size() > 1 && word.starts_with('-'); };
  const auto option = std::ranges::find_if(leftovers, is_option);
  const auto& command = given_command(app);
  std::vector<std::string> known;
  if (option != leftovers.end()) {
    for (const auto* level : {&app, &command})
      for (const auto* each : level->get_options())
        for (const auto& name : each->get_lnames()) known.push_back("--" + name);
    const auto word = option->substr(0, option->find('='));
    return "there is no option '" + word + "'" + suggestion(word, known);
  }
  const auto& word = leftovers.front();
  if (&command != &app) return "'" + word + "' is too much for '" + command.get_name() + "'";
  for (const auto* each : app.get_subcommands({})) known.push_back(each->get_name());
  auto meant = suggestion(word, known);
  if (meant.empty()) meant = "; if it is a device: vfio-doctor --device '" + word + "'";
  return "there is no command '" + word + "'" + meant;
}

/// `vfio-doctor 03:00.0` and `vfio-doctor check gpu`: the words that no command took are devices, where they can be nothing else.
bool take_devices(const CLI::App& app, Options& options) {
  const auto& command = given_command(app);
  const auto words = app.remaining(true);
  const bool judges = &command == &app || command.get_name() == "check";
  if (!judges || words.empty() || !std::ranges::all_of(words, looks_like_device)) return false;
  options.selectors.insert(options.selectors.end(), words.begin(), words.end());
  return true;
}

/// Where no format was asked for, the name of each file tells it: "-o report.html". Else the command's usual one.
void take_formats_from_file_names(Parsed& parsed) {
  auto& options = parsed.options;
  if (!options.formats.empty() || parsed.formats.size() < 2) return;
  for (const auto& file : options.outputs) {
    const std::string told(format_of_file(file));
    const bool known = std::ranges::find(parsed.formats, told) != parsed.formats.end();
    options.formats.push_back(known ? told : parsed.formats.front());
  }
}

std::string help_of(const CLI::App& app, const std::string& name) {
  constexpr unsigned widest = 100;
  return wrap_help(app.get_formatter()->make_help(&app, name, CLI::AppFormatMode::Normal), std::min(terminal_columns(), widest));
}

/// `vfio-doctor help [COMMAND]` and `vfio-doctor version`, as other programs have them.
std::optional<int> run_own_command(const CLI::App& app, const std::string& topic) {
  const auto name = given_command(app).get_name();
  if (name == "version") return show(version_text());
  if (name != "help") return std::nullopt;
  if (topic.empty()) return show(help_of(app, app.get_name()));
  if (topic == "formats") return show(format_list(report_formats()));
  for (const auto* command : app.get_subcommands({}))
    if (command->get_name() == topic) return show(help_of(*command, app.get_name() + " " + topic));
  return report_usage_error(app, "there is no command '" + topic + "'");
}

/// Parses into `parsed`. An exit code where there is nothing more to do: --help, --version, wrong usage.
std::optional<int> parse(CLI::App& app, int count, const char* const* arguments, Parsed& parsed) {
  try {
    try {
      app.parse(count, arguments);
    } catch (const CLI::ExtrasError&) {
      if (!take_devices(app, parsed.options)) return report_usage_error(app, describe_leftovers(app));
    }
    require_formats(parsed);
    take_formats_from_file_names(parsed);
    return run_own_command(app, parsed.help_topic);
  } catch (const CLI::CallForHelp&) {
    const auto& command = given_command(app);
    return show(help_of(command, &command == &app ? app.get_name() : app.get_name() + " " + command.get_name()));
  } catch (const CLI::CallForVersion&) {
    return show(version_text());
  } catch (const CLI::ParseError& error) {
    return report_usage_error(app, error.what());
  }
}

}  // namespace

int run_program(int count, const char* const* arguments) {
  Parsed parsed;
  const Options& options = parsed.options;
  CLI::App app("vfio-doctor: is this host ready to hand PCI devices to virtual machines with VFIO, and which ones?",
               "vfio-doctor");
  app.footer(program_help);
  app.set_version_flag("-V,--version", program_version, "Print the version, of the libraries as well");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_common_options(app, parsed.options);
  add_check_options(app, parsed.options);
  add_commands(app, parsed);
  app.require_subcommand(0, 1);
  if (const auto code = parse(app, count, arguments, parsed)) return *code;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vfio-doctor"));
  spdlog::set_pattern("vfio-doctor: %v");
  spdlog::set_level(options.verbose ? spdlog::level::debug : spdlog::level::warn);
  try {
    return parsed.run(options);
  } catch (const InputError& error) {
    std::cerr << "vfio-doctor: " << printable(error.what()) << "\n";
  } catch (const std::bad_alloc&) {
    std::cerr << "vfio-doctor: not enough memory\n";
  } catch (const std::exception& error) {
    std::cerr << "vfio-doctor: internal error: " << printable(error.what()) << "\n";
  }
  return 2;
}

}  // namespace vfio_doctor
