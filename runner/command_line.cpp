// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/command_line.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <iostream>
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
#include "reports/plan/plan_report.hpp"
#include "runner/command_line_options.hpp"
#include "runner/commands/command_help.hpp"
#include "runner/commands/help_text.hpp"
#include "runner/commands/output.hpp"
#include "runner/help_formatter.hpp"
#include "runner/plugins/plugin_protocol.hpp"
#include "snapshot/archive_layout.hpp"
#include "verdicts/selector.hpp"

namespace vfio_doctor {
namespace {

/// A command as the parser knows it, and its own options.
template <class CommandOptions>
struct Command {
  CLI::App* app;
  std::shared_ptr<CommandOptions> options;
};

/// `formats` are those that the command writes, the first one when none is asked for; `taken` are the options of `check`
/// that mean something to it.
template <class CommandOptions>
Command<CommandOptions> add_command(CLI::App& app, Parsed& parsed, const std::string& name, const std::string& description,
                                    const char* help, int (*run)(const CommandOptions&),
                                    const std::vector<std::string>& formats, const std::vector<std::string>& taken) {
  auto* command = app.add_subcommand(name, description);
  command->fallthrough();
  command->footer(std::string(help) + "\n\nOptions of every command, such as --root and --sample: vfio-doctor --help");
  const auto options = std::make_shared<CommandOptions>();
  command->callback([&app, &parsed, name, run, formats, taken, options] {
    parsed.run = [&parsed, run, options] { return run_with(parsed, *options, run); };
    parsed.formats = formats;
    for (const auto* option : {"--device", "--domain", "--only", "--skip", "--fail-on", "--accept", "--reason", "--config",
                               "--brief", "--all", "--identify", "--fix"})
      if (app.get_option(option)->count() > 0 && std::ranges::find(taken, option) == taken.end())
        throw CLI::ValidationError(option, "means nothing to '" + name + "'");
  });
  return {command, options};
}

void add_commands(CLI::App& app, Parsed& parsed) {
  auto& output = parsed.output;
  const auto add = [&](const std::string& name, const std::string& description, const char* help, auto* run,
                       const std::vector<std::string>& formats, const std::vector<std::string>& taken) {
    return add_command(app, parsed, name, description, help, run, formats, taken);
  };
  using Words = std::vector<std::string>;
  const Words list_formats = {"text", "json"}, groups_formats = names_of(group_formats());
  const auto check = add("check", "Judge this host and its devices (the default)", check_help, run_check_command, check_formats,
                         {"--device", "--domain", "--only", "--skip", "--fail-on", "--accept", "--reason", "--config",
                          "--brief", "--all", "--identify", "--fix"});
  add_check_options(*check.app, parsed);
  const auto groups = add("groups", "List the IOMMU groups", groups_help, run_groups_command, groups_formats, {"--skip"});
  add_output_options(*groups.app, output, groups_formats);
  const auto checks = add("checks", "List every check", checks_help, run_checks_command, list_formats, {});
  add_output_options(*checks.app, output, list_formats);
  const auto plugins =
      add("plugins", "List the plugins, and why some are refused", plugins_help, run_plugins_command, list_formats, {});
  plugins.app->add_flag("--facts", plugins.options->facts, "List the facts that plugins get instead");
  add_output_options(*plugins.app, output, list_formats);
  const auto manifest = add("manifest", "Write down what the guest should see", manifest_help, run_manifest_command, {"json"},
                            {"--device", "--domain"});
  add_manifest_options(*manifest.app, parsed);
  const auto plan_names = names_of_plan_formats();
  const auto plan = add("plan", "What to do, in order and with the way back, so that devices can go to a guest", plan_help,
                        run_plan_command, plan_names, {"--device", "--domain", "--skip", "--accept", "--reason", "--config"});
  add_plan_options(*plan.app, parsed, *plan.options, plan_names);
  const auto verify = add("verify", "Ask the guest whether its devices arrived and work", verify_help, run_verify_command,
                          list_formats, {"--domain"});
  add_verify_options(*verify.app, parsed, *verify.options);
  const auto explain =
      add("explain", "Show the page of a check, or what a verdict means", explain_help, run_explain_command, {"text"}, {});
  explain.app->add_option("ID", explain.options->id, "The check's id, see 'vfio-doctor checks', an error text, or a verdict")
      ->required();
  add_file_option(*explain.app, output);
  const auto snapshot = add("snapshot", "Keep what this program reads here, to replay it elsewhere with --from", snapshot_help,
                            run_snapshot_command, {}, {});
  add_file_option(*snapshot.app, output, "The file to write: an archive (tar, zstd), or text where the name ends in .machine");
  snapshot.app->add_flag("--no-redact", snapshot.options->no_redact, "Keep addresses, serial numbers and names as they are");
  const auto bug_report =
      add("bug-report", "One run under the headings of a project's bug form", bug_report_help, run_bug_report_command, {},
          {"--device", "--domain", "--only", "--skip", "--accept", "--reason", "--config", "--identify"});
  bug_report.app->add_option("--for", bug_report.options->project, "Whose form: " + join(bug_report_projects(), ", "))
      ->check(not_empty)
      ->type_name("PROJECT");
  add_file_option(*bug_report.app, output);
  const auto guard =
      add("guard", "libvirt's hook: refuse starts that would take what this host needs", guard_help, run_guard_command, {}, {});
  guard.app
      ->add_option("WORD", guard.options->words,
                   "install, uninstall, status, watch; or NAME OPERATION SUBOP EXTRA from libvirt, VMID PHASE from Proxmox VE")
      ->expected(1, 16);
  guard.app->add_option("--root-dir", guard.options->root, "Install below this directory")->check(not_empty)->type_name("DIR");
  const auto diff =
      add("diff", "What changed between two reports (JSON) or snapshots", diff_help, run_diff_command, list_formats, {});
  diff.app->add_option("FILE", diff.options->compared, "The earlier and the later one")->required()->expected(2);
  add_output_options(*diff.app, output, list_formats);
  const Words triage_formats = {"text", "json", "html", "markdown"}, fleet_formats = triage_formats;
  const auto fleet = add("fleet", "What many reports come to: causes, outliers, who breaks at the next boot", fleet_help,
                         run_fleet_command, fleet_formats, {"--fail-on"});
  add_fleet_options(*fleet.app, parsed, *fleet.options, fleet_formats);
  const auto triage = add("triage", "Find the cause in what somebody pasted: logs, errors, listings", triage_help,
                          run_triage_command, triage_formats, {});
  triage.app->add_option("FILE", triage.options->pasted, "What was pasted; '-' or nothing is standard input");
  triage.app->add_flag("--redact", triage.options->redact, "Take addresses, serial numbers and names out of what is quoted");
  add_output_options(*triage.app, output, triage_formats);
  app.add_subcommand("help", "Show the help of a command")
      ->add_option("COMMAND", parsed.help_topic, "The command, or 'formats': what a report can be written as");
  app.add_subcommand("version", "Print the version, of the libraries as well");
}

void require_formats(const Parsed& parsed) {
  for (const auto& format : parsed.output.formats) {
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
  std::cerr << "vfio-doctor: " << printable(message.substr(0, message.find('\n'))) << " (see 'vfio-doctor" << name
            << " --help')\n";
  return 2;
}

/// Shows text of the program's own on standard output. The exit code.
int show(const std::string& text) {
  if (std::cout << text && std::cout.flush()) return 0;
  std::cerr << "vfio-doctor: standard output: " << std::strerror(errno) << "\n";
  return 2;
}

std::string version_text() {
  return std::string("vfio-doctor ") + program_version + "\nBuilt with " + built_with +
         "\nSnapshots: " + std::string(archive_layout::format_name) + ", plugin protocol " + std::to_string(plugin_protocol) +
         "\n";
}

/// Those of the program and of the command that was given, in groups or not.
std::vector<const CLI::Option*> options_in_use(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  std::vector<const CLI::App*> levels = {&app, &given_command(app)};
  for (const auto* group : app.get_subcommands([](const CLI::App* one) { return one->get_name().empty(); }))
    levels.push_back(group);
  for (const auto* level : levels)
    for (const auto* each : level->get_options()) options.push_back(each);
  return options;
}

/// "--verbose", ...
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const auto* each : options_in_use(app))
    for (const auto& name : each->get_lnames()) names.push_back("--" + name);
  return names;
}

/// "--from --format json", as a script says it where a variable is empty: the option that took the next one for its value.
void refuse_option_as_value(const CLI::App& app) {
  const auto names = option_names(app);
  for (const auto* each : options_in_use(app)) {
    if (each->get_lnames().empty()) continue;  // a file that is named behind "--" may be called anything
    for (const auto& value : each->results())
      if (std::ranges::find(names, value) != names.end())
        throw CLI::ValidationError(each->get_name(), "needs a value, and '" + value + "' is an option");
  }
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
    known = option_names(app);
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
bool take_devices(const CLI::App& app, SelectionOptions& selection) {
  const auto& command = given_command(app);
  const auto words = app.remaining(true);
  const bool judges = &command == &app || command.get_name() == "check";
  if (!judges || words.empty() || !std::ranges::all_of(words, looks_like_device)) return false;
  selection.selectors.insert(selection.selectors.end(), words.begin(), words.end());
  return true;
}

/// Where no format was asked for, the name of each file tells it: "-o report.html". Else the command's usual one.
void take_formats_from_file_names(Parsed& parsed) {
  auto& options = parsed.output;
  if (!options.formats.empty() || parsed.formats.size() < 2) return;
  for (const auto& file : options.outputs) {
    const auto ending = to_lower(std::string_view(file).substr(file.rfind('.') + 1));
    const auto is_known = [&parsed](const std::string& format) {
      return std::ranges::find(parsed.formats, format) != parsed.formats.end();
    };
    const std::string told(format_of_file(file));
    options.formats.push_back(is_known(told) ? told : is_known(ending) ? ending : parsed.formats.front());
  }
}

std::string help_of(const CLI::App& app, const std::string& name) {
  constexpr unsigned widest = 100;
  return wrap_help(app.get_formatter()->make_help(&app, name, CLI::AppFormatMode::Normal),
                   std::min(terminal_columns(), widest));
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
      refuse_option_as_value(app);
      if (!take_devices(app, parsed.examine.selection)) return report_usage_error(app, describe_leftovers(app));
    }
    refuse_option_as_value(app);
    require_formats(parsed);
    take_formats_from_file_names(parsed);
    parsed.output.verbosity = parsed.verbose || parsed.all ? Verbosity::verbose
                              : parsed.brief               ? Verbosity::brief
                                                           : Verbosity::normal;
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
  parsed.run = [&parsed] { return run_with(parsed, CheckOptions(), run_check_command); };
  CLI::App app("vfio-doctor: is this host ready to hand PCI devices to virtual machines with VFIO, and which ones?",
               "vfio-doctor");
  app.formatter(std::make_shared<HelpFormatter>());  // commands inherit it
  app.footer(program_help);
  app.set_version_flag("-V,--version", program_version, "Print the version, of the libraries as well");
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_common_options(app, parsed);
  add_check_options(app, parsed);
  add_commands(app, parsed);
  app.require_subcommand(0, 1);
  if (const auto code = parse(app, count, arguments, parsed)) return *code;
  spdlog::set_default_logger(spdlog::stderr_logger_mt("vfio-doctor"));
  spdlog::set_pattern("vfio-doctor: %v");
  spdlog::set_level(parsed.verbose ? spdlog::level::debug : spdlog::level::warn);
  try {
    return parsed.run();
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
