// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/grub_config.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <span>
#include <utility>

#include "base/text.hpp"
#include "facts/boot/grub_roles.hpp"
#include "facts/boot/grub_script.hpp"
#include "facts/boot/grub_test.hpp"
#include "facts/boot/grub_words.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_entries = 2000;
constexpr std::size_t most_initrds = 16;
constexpr std::size_t most_steps = 400'000;
constexpr std::size_t most_loads = 16;  // kernels that one entry may load under conditions
constexpr int most_calls = 16;          // of functions inside each other

using Outcome = std::optional<bool>;  // of a command: success, failure, or not known

class GrubRunner {
 public:
  GrubRunner(const std::string& file, GrubVariables& variables, const GrubFiles& files)
      : variables_(variables), files_(files), directory_(file.substr(0, file.rfind('/'))) {}

  GrubConfig read(std::string_view text, const std::string& file) {
    const auto& script = keep(text, file);
    variables_.start_script();
    // A menu that loads no environment counts on one that was loaded before it, by GRUB's own image or by what led here.
    if (text.find("load_env") == std::string_view::npos) variables_.load_environment({});
    for (const auto* name : {"prefix", "config_directory"}) {
      variables_.assign(name, {{directory_}});
      variables_.export_name(name);
    }
    run(script);
    const auto wanted = variables_.find("default");
    if (!wanted.certain() || lost_ || steps_ > most_steps)
      config_.menu.wanted = std::nullopt;
    else
      config_.menu.wanted = *wanted.certain();
    if (lost_) variables_.forget();
    open_items(std::nullopt);
    return std::move(config_);
  }

 private:
  struct Load {
    std::string kernel;
    std::vector<std::string> initrds;
    std::vector<GrubArgument> arguments;
    const GrubCommand* command;
    std::string file;
  };
  struct Body {
    const GrubCommands* commands;
    std::string file;
    unsigned line;
  };

  const GrubCommands& keep(std::string_view text, const std::string& file) {
    scripts_.push_back(parse_grub_script(text));
    lost_ |= !scripts_.back().complete;
    file_ = file;
    return scripts_.back().commands;
  }

  Outcome run(const GrubCommands& commands) {
    Outcome outcome = true;
    for (const auto& command : commands) {
      if (++steps_ > most_steps) return std::nullopt;
      outcome = run(command);
    }
    return outcome;
  }

  Outcome run(const GrubCommand& command) {
    switch (command.kind) {
      case GrubCommand::Kind::choice:
        return choose(command);
      case GrubCommand::Kind::loop:
        return loop(command);
      case GrubCommand::Kind::function:
        if (!command.words.empty() && !command.words[0].pieces.empty())
          functions_[command.words[0].pieces[0].text] = &command.body;
        return true;
      case GrubCommand::Kind::block:
        return add_item(command);
      case GrubCommand::Kind::simple:
        return execute(command);
    }
    return std::nullopt;
  }

  /// What is run here may not be run at all; what it assigns is handed back.
  GrubVariables::Changes run_perhaps(const GrubCommands& commands) {
    variables_.begin_branch();
    ++uncertain_;
    run(commands);
    --uncertain_;
    return variables_.end_branch();
  }

  Outcome choose(const GrubCommand& command) {
    std::vector<GrubVariables::Changes> branches;
    for (const auto& branch : command.branches) {
      const Outcome condition = branch.condition.empty() ? Outcome(true) : run(branch.condition);
      if (condition == false) continue;
      if (branches.empty() && condition) return run(branch.body);
      branches.push_back(run_perhaps(branch.body));
      if (condition) {
        variables_.merge(branches, false);
        return std::nullopt;
      }
    }
    if (branches.empty()) return true;
    variables_.merge(branches, true);
    return std::nullopt;
  }

  /// Nobody counts how often it runs: what it assigns may hold anything afterwards.
  Outcome loop(const GrubCommand& command) {
    if (!command.words.empty() && !command.words[0].pieces.empty())
      variables_.assign(command.words[0].pieces[0].text, GrubText::unknown());
    for (const auto& branch : command.branches)
      for (int round = 0; round < 2; ++round) {
        variables_.begin_branch();
        ++uncertain_;
        run(branch.condition);
        run(branch.body);
        --uncertain_;
        for (const auto& [name, value] : variables_.end_branch()) variables_.assign(name, GrubText::unknown());
      }
    return std::nullopt;
  }

  Outcome add_item(const GrubCommand& command) {
    const auto arguments = expand_words(command.words, variables_, parameters_);
    const auto name = arguments.empty() ? nullptr : arguments[0].text.certain();
    if (!name || (*name != "menuentry" && *name != "submenu")) return std::nullopt;
    config_.has_menu = true;
    auto& items = config_.menu.items;
    if (items.size() >= most_entries) lost_ = true;
    if (items.size() >= most_entries) return true;
    auto item = grub_menu_item(arguments);
    item.parent = parent_;
    item.conditional |= uncertain_ > 0;
    items.push_back(std::move(item));
    bodies_.push_back({&command.body, file_, command.line});
    return true;
  }

  void add_open_place(bool loader_entries) {
    if (config_.menu.items.size() >= most_entries) return;
    GrubMenu::Item item{.title = {}, .id = {}};
    item.parent = parent_;
    item.conditional = uncertain_ > 0 || !loader_entries;
    item.loader_entries = loader_entries;
    config_.menu.items.push_back(std::move(item));
    bodies_.push_back({nullptr, file_, 0});
  }

  Outcome execute(const GrubCommand& command) {
    auto words = std::span(command.words);
    const bool inverted = words.size() > 1 && words[0].is("!");
    if (inverted) words = words.subspan(1);
    const auto arguments = expand_words(words, variables_, parameters_);
    if (arguments.empty()) return std::nullopt;
    const auto outcome = execute(arguments, command);
    return inverted && outcome ? !*outcome : outcome;
  }

  Outcome execute(const std::vector<GrubArgument>& arguments, const GrubCommand& command) {
    const auto* certain = arguments[0].text.certain();
    const auto name = certain ? *certain : std::string();
    const auto rest = std::span(arguments).subspan(1);
    if (name == "set") return rest.empty() ? true : assign(rest[0].text);
    if (name == "unset" || name == "export") return for_names(name, rest);
    if (name == "true" || name == "false") return name == "true";
    if (name == "[" || name == "test") return test(name, rest);
    if (name == "load_env") return load_environment(rest);
    if (name == "source" || name == ".") return source(rest);
    if (name == "linux" || name == "linux16" || name == "linuxefi") return load(rest, command);
    if (name == "initrd" || name == "initrd16" || name == "initrdefi") return add_initrds(rest);
    if (name == "blscfg" || name == "bls_import") {
      config_.reads_loader_entries = config_.has_menu = true;
      add_open_place(true);
      return true;
    }
    if (name == "configfile" || name == "extract_entries_configfile") config_.goes_on_elsewhere = true;
    if (name == "configfile" || name == "normal" || name == "exit" || name == "return" || name == "eval") lost_ |= !in_entry_;
    if (name == "increment" || name == "decrement" || name == "read") make_unknown(rest);
    if (const auto function = functions_.find(name); function != functions_.end()) return call(*function->second, rest);
    if (arguments[0].text.texts[0].find('=') != std::string::npos) return assign(arguments[0].text);
    find_out(rest);
    return std::nullopt;
  }

  /// "NAME=value": the name is the same in all that it may be.
  Outcome assign(const GrubText& text) {
    const auto equals = text.texts[0].find('=');
    const auto name = text.texts[0].substr(0, equals);
    if (equals == std::string::npos || name.find(PlacedText::unknown) != std::string::npos) return std::nullopt;
    GrubText value;
    value.texts.clear();
    for (const auto& one : text.texts)
      if (one.starts_with(name + "=")) value.texts.push_back(one.substr(equals + 1));
    variables_.assign(name, value.texts.size() == text.texts.size() ? std::move(value) : GrubText::unknown());
    return true;
  }

  Outcome for_names(const std::string& command, std::span<const GrubArgument> names) {
    for (const auto& argument : names)
      if (const auto* name = argument.text.certain()) {
        if (command == "export") variables_.export_name(*name);
        if (command == "unset") variables_.assign(*name, {});
      }
    return true;
  }

  void make_unknown(std::span<const GrubArgument> names) {
    for (const auto& argument : names)
      if (const auto* name = argument.text.certain()) variables_.assign(*name, GrubText::unknown());
  }

  /// "search --set=root": what a command finds out is not known.
  void find_out(std::span<const GrubArgument> arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto& text = arguments[i].text.texts[0];
      if (text.starts_with("--set=")) variables_.assign(text.substr(6), GrubText::unknown());
      if ((text == "--set" || text == "-s") && i + 1 < arguments.size()) make_unknown(arguments.subspan(i + 1, 1));
    }
  }

  Outcome test(const std::string& name, std::span<const GrubArgument> arguments) {
    std::vector<GrubText> texts;
    for (const auto& argument : arguments) texts.push_back(argument.text);
    if (name == "[" && !texts.empty() && texts.back().texts[0] == "]") texts.pop_back();
    return run_grub_test(texts, [this](const std::string& path) { return is_there(path); });
  }

  Outcome is_there(const std::string& path) const {
    if (path == directory_ + "/grubenv" && (variables_.has_environment() || !variables_.environment_unknown().empty()))
      return true;
    if (!files_ || !is_beside(path)) return std::nullopt;
    const auto content = files_(path);
    if (content.is_unreadable()) return std::nullopt;
    return content.has_value();
  }

  /// custom.cfg is the only file that grub-mkconfig's scripts look for there and that people write (41_custom).
  bool is_beside(const std::string& path) const { return path == directory_ + "/custom.cfg"; }

  Outcome load_environment(std::span<const GrubArgument> arguments) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const auto& text = arguments[i].text.texts[0];
      if (text == "-f" || text == "--file")
        ++i;
      else if (!text.starts_with("-"))
        names.push_back(text);
    }
    variables_.load_environment(names);
    return true;
  }

  Outcome source(std::span<const GrubArgument> arguments) {
    const auto* path = arguments.empty() ? nullptr : arguments[0].text.certain();
    const auto content = path && files_ && is_beside(*path) && scripts_.size() < most_loads
                             ? files_(*path)
                             : Observed<std::string>::unreadable("not looked at");
    if (content.is_unreadable()) add_open_place(false);  // it may hold entries
    if (!content.has_value()) return content.is_absent() ? Outcome(false) : std::nullopt;
    const auto before = std::exchange(file_, {});
    run(keep(*content, *path));
    file_ = before;
    return true;
  }

  Outcome call(const GrubCommands& body, std::span<const GrubArgument> arguments) {
    if (calls_ == most_calls) return std::nullopt;
    std::vector<GrubText> own;
    for (const auto& argument : arguments) own.push_back(argument.text);
    const auto before = std::exchange(parameters_, std::move(own));
    ++calls_;
    const auto outcome = run(body);
    --calls_;
    parameters_ = before;
    return outcome;
  }

  Outcome load(std::span<const GrubArgument> arguments, const GrubCommand& command) {
    if (arguments.empty() || is_of_another_system(command.section)) return std::nullopt;
    if (uncertain_ == 0) loads_.clear();
    if (loads_.size() >= most_loads) return std::nullopt;
    Load load{arguments[0].text.texts[0], {}, {}, &command, file_};
    std::erase(load.kernel, PlacedText::unknown);
    load.arguments.assign(arguments.begin() + 1, arguments.end());
    loads_.push_back(std::move(load));
    return true;
  }

  /// They belong to the kernel that the same entry named before.
  Outcome add_initrds(std::span<const GrubArgument> arguments) {
    if (loads_.empty()) return std::nullopt;
    for (const auto& argument : arguments)
      if (const auto* path = argument.text.certain(); path && loads_.back().initrds.size() < most_initrds)
        loads_.back().initrds.push_back(*path);
    return true;
  }

  /// What each item of a menu would do, once the menu is there.
  void open_items(std::optional<std::size_t> parent) {
    for (std::size_t i = parent ? *parent + 1 : 0; i < config_.menu.items.size() && steps_ <= most_steps; ++i) {
      if (config_.menu.items[i].parent != parent || !bodies_[i].commands) continue;
      const bool submenu = config_.menu.items[i].submenu;
      auto outer = submenu ? variables_.enter_context() : GrubVariables::Changes();
      if (!submenu) variables_.begin_branch();
      loads_.clear();
      parameters_ = {GrubText{{config_.menu.items[i].title}}};
      file_ = bodies_[i].file;
      in_entry_ = true;
      parent_ = submenu ? std::optional(i) : std::nullopt;
      const auto* commands = bodies_[i].commands;  // the list of bodies may grow
      run(*commands);
      if (!submenu) finish(i);
      if (!submenu) variables_.end_branch();
      if (submenu) open_items(i);
      if (submenu) variables_.leave_context(std::move(outer));
    }
  }

  void finish(std::size_t item) {
    if (loads_.empty()) return;
    if (config_.entries.size() >= most_entries) config_.cut_short = true;
    if (config_.entries.size() >= most_entries) return;
    const auto& load = loads_.front();
    BootEntry entry;
    entry.kind = BootEntryKind::grub_menu;
    entry.file = bodies_[item].file;
    entry.line = bodies_[item].line;
    entry.id = entry.title = config_.menu.items[item].title;
    entry.kernel = load.kernel;
    entry.initrds = load.initrds;
    auto line = line_of_arguments(load.arguments, load.file, load.command->line, variables_);
    for (std::size_t i = 1; i < loads_.size(); ++i) add_other(line, loads_[i]);
    entry.role = role_of_grub_entry(entry.title, load.command->section, line);
    entry.command_line = std::move(line);
    config_.menu.items[item].entry = config_.entries.size();
    config_.entries.push_back(std::move(entry));
  }

  /// A line that a condition may put in the place of the first: what both have is certain.
  void add_other(BootLine& line, const Load& load) const {
    auto other = line_of_arguments(load.arguments, load.file, load.command->line, variables_);
    std::vector<BootToken> kept;
    for (auto& token : line.tokens) (other.contains(token.argument) ? kept : line.possible).push_back(std::move(token));
    line.tokens = std::move(kept);
    for (auto* tokens : {&other.tokens, &other.possible})
      for (auto& token : *tokens)
        if (!line.contains(token.argument)) line.possible.push_back(std::move(token));
    if (!other.unknown_part.empty()) line.unknown_part = other.unknown_part, line.unknown_cause = other.unknown_cause;
  }

  GrubVariables& variables_;
  const GrubFiles& files_;
  std::string directory_;
  GrubConfig config_;
  std::deque<GrubScript> scripts_;  // commands are pointed at
  std::vector<Body> bodies_;        // of the menu's items
  std::map<std::string, const GrubCommands*> functions_;
  std::vector<GrubText> parameters_;
  std::vector<Load> loads_;
  std::optional<std::size_t> parent_;
  std::string file_;
  std::size_t steps_ = 0;
  int uncertain_ = 0, calls_ = 0;
  bool in_entry_ = false;
  bool lost_ = false;  // what the menu comes to is not known
};

}  // namespace

GrubConfig parse_grub_config(std::string_view text, const std::string& file, GrubVariables& variables, const GrubFiles& files) {
  return GrubRunner(file, variables, files).read(text, file);
}

BootLine expand_grub_line(std::string_view text, const std::string& file, unsigned line, const GrubVariables& variables) {
  const auto words = grub_words(text);
  return line_of_arguments(expand_words(words, variables), file, line, variables);
}

}  // namespace vfio_doctor
