// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/root_commands.hpp"

#include <algorithm>

namespace vfio_doctor {
namespace {

constexpr std::string_view sudo = "sudo ", sudoedit = "sudoedit ";

/// Whether a command can begin behind this text: at the start, behind a pipe, "&&", ";" or a bracket.
bool can_begin_command(std::string_view before) {
  const auto last = before.find_last_not_of(' ');
  return last == before.npos || std::string_view("|&;({").find(before[last]) != std::string_view::npos;
}

/// Follows the quotes of a command line: what stands inside them begins no command.
class Quotes {
 public:
  bool are_open() const { return open_ != '\0'; }
  void pass(char c) {
    if (c == open_)
      open_ = '\0';
    else if (!are_open() && (c == '\'' || c == '"'))
      open_ = c;
  }

 private:
  char open_ = '\0';
};

}  // namespace

std::string without_sudo(std::string_view command) {
  std::string result;
  Quotes quotes;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const auto rest = command.substr(i);
    const bool begins = !quotes.are_open() && can_begin_command(command.substr(0, i));
    if (begins && rest.starts_with(sudo)) {
      i += sudo.size() - 1;
    } else if (begins && rest.starts_with(sudoedit)) {
      result += "vi ";
      i += sudoedit.size() - 1;
    } else {
      quotes.pass(command[i]);
      result += command[i];
    }
  }
  return result;
}

void leave_out_sudo(std::vector<Finding>& findings) {
  for (auto& finding : findings)
    for (auto& remedy : finding.remedy)
      for (auto* commands : {&remedy.commands, &remedy.undo})
        std::ranges::transform(*commands, commands->begin(), without_sudo);
}

void leave_out_sudo(Plan& plan) {
  for (auto& step : plan.steps)
    for (auto* commands : {&step.commands, &step.undo, &step.verify})
      std::ranges::transform(*commands, commands->begin(), without_sudo);
}

}  // namespace vfio_doctor
