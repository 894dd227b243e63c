// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/shell_words.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_words = 65536;

std::size_t end_of_name(std::string_view text, std::size_t at) {
  const auto first = at;
  while (at < text.size() && is_name_part(text[at])) ++at;
  return at > first && is_digit(text[first]) ? first : at;
}

/// "NAME=TEXT", "NAME+=TEXT"; also what a unit of systemd writes as Environment=NAME=TEXT.
struct Assignment {
  std::string name;
  std::string_view value;
  bool appends = false;
};

std::optional<Assignment> assignment_of(std::string_view word) {
  constexpr std::string_view unit = "Environment=";
  if (word.starts_with(unit)) word.remove_prefix(unit.size());
  auto end = end_of_name(word, 0);
  if (end == 0 || end >= word.size()) return std::nullopt;
  Assignment result{std::string(word.substr(0, end)), {}, word.substr(end).starts_with("+=")};
  end += result.appends ? 2 : 1;
  if (word[end - 1] != '=' || result.name == "ExecStart") return std::nullopt;
  result.value = word.substr(end);
  return result;
}

class Shell {
 public:
  std::vector<CommandWord> read(const std::vector<CommandWord>& words) {
    std::vector<CommandWord> result;
    for (std::size_t i = 0; i < words.size() && result.size() < most_words; ++i) {
      auto assignment = assignment_of(words[i].text);
      // "-drive file=..." is none, "declare -a list=(" is one.
      if (assignment && i > 0 && words[i - 1].text.starts_with('-') && !assignment->value.starts_with('(')) assignment.reset();
      if (!assignment) {
        count_branches(words[i]);
        expand(words[i], result);
        continue;
      }
      std::vector<CommandWord> value;
      if (assignment->value.starts_with('('))
        i = read_list(words, i, assignment->value.substr(1), value);
      else
        for (const auto part : split_words(assignment->value)) expand({std::string(part), words[i].line, false}, value);
      set(*assignment, std::move(value));
    }
    return result;
  }

 private:
  struct Variable {
    std::vector<CommandWord> words;
    bool may_be_less = false;  ///< set anew in a branch: it has the words of all of them
  };

  void set(const Assignment& assignment, std::vector<CommandWord> value) {
    auto& known = variables_[assignment.name];
    const auto has = [&known](const CommandWord& word) {
      return std::ranges::find(known.words, word.text, &CommandWord::text) != known.words.end();
    };
    const bool extends =
        value.size() >= known.words.size() &&
        std::ranges::equal(known.words,
                           std::ranges::subrange(value.begin(),
                                                 value.begin() + static_cast<std::ptrdiff_t>(known.words.size())),
                           {}, &CommandWord::text, &CommandWord::text);
    if (!assignment.appends && extends)
      known.words.clear();  // O="$O -m 8G"
    else if (!assignment.appends && branches_ == 0)
      known = {};
    if (!assignment.appends && !known.words.empty()) {
      known.may_be_less = true;
      for (std::size_t i = 0; i + 1 < value.size(); ++i)  // what two branches have in common is there once
        if (value[i].text == "-device" && has(value[i + 1])) {
          value.erase(value.begin() + static_cast<std::ptrdiff_t>(i), value.begin() + static_cast<std::ptrdiff_t>(i) + 2);
          --i;
        }
    }
    known.words.insert(known.words.end(), value.begin(), value.end());
    if (known.words.size() > most_words) known.words.resize(most_words);
  }

  void count_branches(const CommandWord& word) {
    if (!word.begins_line && !word.text.ends_with(';')) return;
    const auto text = std::string_view(word.text).substr(0, word.text.find(';'));
    if (is_among(text, "if|case|for|while|until")) ++branches_;
    if (is_among(text, "fi|esac|done") && branches_ > 0) --branches_;
  }

  /// From "NAME=(" to ")"; where the last word of it stands.
  std::size_t read_list(const std::vector<CommandWord>& words, std::size_t at, std::string_view first,
                        std::vector<CommandWord>& value) {
    std::string text(first);
    for (;;) {
      const bool is_last = text.ends_with(')') && std::ranges::count(text, '(') < std::ranges::count(text, ')');
      if (is_last) text.pop_back();
      if (!text.empty()) expand({text, words[at].line, false}, value);
      if (is_last || at + 1 >= words.size()) return at;
      text = words[++at].text;
    }
  }

  /// "$NAME", "${NAME}", "${NAME[@]}" at `at`, which moves behind it; nothing where it is another one, or not known.
  const Variable* variable_at(std::string_view text, std::size_t& at) const {
    const bool in_braces = text.substr(at).starts_with("${");
    const auto start = at + (in_braces ? 2 : 1);
    auto end = end_of_name(text, start);
    const auto found = variables_.find(std::string(text.substr(start, end - start)));
    if (in_braces) {
      const auto rest = text.substr(end);
      for (const std::string_view whole : {"[@]}", "[*]}", "}"})
        if (rest.starts_with(whole)) {
          at = end + whole.size();
          return found == variables_.end() ? nullptr : &found->second;
        }
      return nullptr;
    }
    at = end;
    return found == variables_.end() ? nullptr : &found->second;
  }

  void expand(const CommandWord& word, std::vector<CommandWord>& into) const {
    std::size_t at = 0;
    if (word.text.starts_with('$'))
      if (const auto* whole = variable_at(word.text, at); whole && at == word.text.size()) {
        const auto first = into.size();
        into.insert(into.end(), whole->words.begin(), whole->words.end());
        if (into.size() > first) into[first].begins_line = word.begins_line;
        return;
      }
    CommandWord result{{}, word.line, word.begins_line};
    for (at = 0; at < word.text.size();) {
      auto behind = at;
      const auto* value = word.text[at] == '$' ? variable_at(word.text, behind) : nullptr;
      if (!value || value->may_be_less) {
        result.text += word.text[at++];
        continue;
      }
      std::vector<std::string> parts;
      for (const auto& part : value->words) parts.push_back(part.text);
      result.text += join(parts, " ");
      at = behind;
    }
    into.push_back(std::move(result));
  }

  std::map<std::string, Variable> variables_;
  unsigned branches_ = 0;  ///< how deep in if, case and loops
};

/// "$@", "host=$GPU", "$(nproc)", "`nproc`".
bool is_open(std::string_view word) {
  const auto dollar = word.find('$');
  return word.find('`') != word.npos || (dollar != word.npos && dollar + 1 < word.size());
}

bool begins_command(const std::vector<CommandWord>& words, std::size_t at) {
  const auto before = at > 0 ? std::string_view(words[at - 1].text) : std::string_view();
  return at == 0 || words[at].begins_line || before.ends_with(';') ||
         is_among(before, "sudo|doas|exec|nohup|env|nice|setsid|time|eval|-c|-E|--|&&|&|then|do|else");
}

/// Plain names stand in other places too ("--virt-type kvm"): there they run QEMU only at the start of a command.
bool runs_qemu(const std::vector<CommandWord>& words, std::size_t at) {
  const auto& program = words[at].text;
  const auto name = base_name(program);
  if (program.starts_with('-')) return false;
  if (name.find("qemu-system-") != std::string::npos || is_among(name, "qemu-kvm|kvm-spice")) return true;
  return is_among(name, "qemu|kvm") && (program.find('/') != program.npos || begins_command(words, at));
}

/// Up to the next line that is no more of it: people write options on lines of their own without saying that the command goes on.
std::vector<CommandWord> command_at(const std::vector<CommandWord>& words, std::size_t at) {
  std::vector<CommandWord> command{words[at]};
  for (++at; at < words.size(); ++at) {
    const bool is_another = words[at].begins_line && !words[at].text.starts_with('-') && !words[at - 1].text.starts_with('-');
    constexpr std::array<std::string_view, 5> ends = {"&", "&&", "|", "||", ";"};
    if (is_another || std::ranges::find(ends, words[at].text) != ends.end()) break;
    command.push_back(words[at]);
  }
  return command;
}

/// Options of QEMU without a value (qemu-options.hx).
constexpr std::string_view flags =
    "-enable-kvm|-nographic|-daemonize|-S|-s|-no-reboot|-no-shutdown|-snapshot|-usb|-no-user-config|-nodefaults|-no-acpi|"
    "-no-hpet|-full-screen|-win2k-hack|-no-fd-bootchk|-only-migratable|-preconfig|-mem-prealloc|-singlestep|-no-quit|"
    "-alt-grab|-ctrl-grab|-localtime|-enable-sync-profile";

}  // namespace

std::vector<CommandWord> with_variables(const std::vector<CommandWord>& words) {
  std::vector<CommandWord> result;
  for (auto& word : Shell().read(words)) {
    // bash -c "qemu-system-x86_64 -m 8G ...": a command in one word.
    if (word.text.find("qemu-system-") == word.text.npos || word.text.find(' ') == word.text.npos) {
      result.push_back(std::move(word));
      continue;
    }
    for (const auto part : split_words(word.text)) result.push_back({std::string(part), word.line, false});
  }
  return result;
}

std::vector<CommandWord> qemu_command(const std::vector<CommandWord>& words, Domain& domain) {
  std::vector<std::vector<CommandWord>> commands;
  std::size_t first = words.size();
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!runs_qemu(words, i)) continue;
    first = std::min(first, i);
    if (begins_command(words, i)) commands.push_back(command_at(words, i));
  }
  if (commands.empty() && first < words.size()) return {words.begin() + static_cast<std::ptrdiff_t>(first), words.end()};
  if (commands.empty()) return {};
  const auto takes = [](const CommandWord& word) { return word.text.find("vfio-pci") != word.text.npos; };
  const auto& most = *std::ranges::max_element(commands, {}, [&takes](const std::vector<CommandWord>& command) {
    return std::ranges::count_if(command, takes);
  });
  for (const auto& command : commands)
    for (const auto& word : command)
      if (takes(word) && std::ranges::find(most, word.text, &CommandWord::text) == most.end() &&
          domain.unresolved.size() < most_domain_devices)
        domain.unresolved.push_back({word.line,
                                     "QEMU is started in several places, and '" + word.text.substr(0, 60) +
                                         "' is not in the one that takes most: it may be taken, too.",
                                     {}});
  return most;
}

void tell_open_words(std::vector<CommandWord>& words, Domain& domain) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    auto& [text, line, begins_line] = words[i];
    if (text.starts_with("`#")) {  // a comment amid a command: `# the disk`
      while (i + 1 < words.size() && !words[i].text.ends_with('`')) ++i;
      continue;
    }
    if (!is_open(text)) continue;
    auto option = i > 0 ? std::string_view(words[i - 1].text) : std::string_view();
    if (option.starts_with("--")) option.remove_prefix(1);
    const bool is_value = option.starts_with('-') && !is_among(option, flags);
    if (option == "-device") {
      const auto options = command_options(text);
      const auto driver = options.contains("driver") ? options.at("driver") : std::string();
      const auto is_open_at = [&options](const char* key) { return options.contains(key) && is_open(options.at(key)); };
      if (!is_open(driver) && !(driver.starts_with("vfio-pci") && (is_open_at("host") || is_open_at("sysfsdev")))) {
        if (!driver.starts_with("vfio-pci")) text.clear();  // its id and its place are not known
        continue;
      }
    } else if (is_value && !is_among(option, "-set|-readconfig")) {
      continue;
    }
    if (domain.unresolved.size() < most_domain_devices)
      domain.unresolved.push_back(
          {line, "What '" + text.substr(0, 60) + "' stands for is known only to the shell: it may name more devices.", {}});
    text.clear();
  }
}

}  // namespace vfio_doctor
