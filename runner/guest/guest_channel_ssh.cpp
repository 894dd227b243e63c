// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "runner/guest/guest_channel.hpp"
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

bool is_plain(const std::string& text, std::string_view allowed) {
  return std::all_of(text.begin(), text.end(), [allowed](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || allowed.find(c) != allowed.npos;
  });
}

/// One command in the guest. ssh hands it to the login shell there, so it holds nothing but our own words and numbers.
class Ssh {
 public:
  Ssh(const std::string& target, ProcessRunner run) : target_(without_brackets(target)), run_(run) {
    // Judged as ssh will see it: brackets can hide a '-' in front.
    const auto at = target_.rfind('@');
    const auto host = at == target_.npos ? target_ : target_.substr(at + 1);
    if (host.empty() || host.front() == '-' || target_.front() == '-' || target_.front() == '@' || !is_plain(target_, "@.:_-%"))
      throw InputError("--via ssh:" + target.substr(0, 60) + ": not user@host");
  }

  [[noreturn]] void fail(const std::string& what) const { throw InputError("ssh " + target_ + ": " + what); }

  AgentAnswer call(const std::string& command, std::string_view input, std::chrono::milliseconds deadline) const {
    ProcessRequest request;
    request.program = "ssh";
    request.arguments = arguments_for(command);
    request.input = input;
    request.deadline = deadline;
    request.stop_when = &Interruption::flag();
    request.most_output = longest_agent_answer;
    request.keep_environment = {"HOME", "USER", "LOGNAME", "SSH_AUTH_SOCK"};
    auto result = run_(request);
    if (result.end == ProcessResult::End::not_started) fail("cannot be started: " + result.problem);
    if (Interruption::flag()) fail("interrupted");
    if (result.end == ProcessResult::End::too_slow) fail("the guest did not answer in time");
    if (result.end == ProcessResult::End::too_much_output) fail("the guest answered too much");
    if (result.end != ProcessResult::End::exited) fail("did not end as it should");
    if (result.exit_code == 255) fail(std::string(trim(result.errors.substr(0, result.errors.find('\n')))));
    return {result.exit_code, std::move(result.output), std::move(result.errors)};
  }

 private:
  /// ssh wants the address of user@[fe80::1%eth0] without brackets.
  static std::string without_brackets(std::string target) {
    const auto open = target.find('[');
    if (open == target.npos || !target.ends_with(']') || (open > 0 && target[open - 1] != '@')) return target;
    target.pop_back();
    return target.erase(open, 1);
  }

  /// The user's own configuration says how to get there. What else it may ask for is switched off: the guest is not
  /// trusted with forwarded keys or ports, and no shared connection is left behind.
  std::vector<std::string> arguments_for(const std::string& command) const {
    std::vector<std::string> arguments = {"-T", "-a", "-x"};
    for (const auto* option : {"BatchMode=yes", "ConnectTimeout=15", "ClearAllForwardings=yes", "ControlMaster=no",
                               "PermitLocalCommand=no", "RemoteCommand=none", "LogLevel=ERROR"}) {
      arguments.emplace_back("-o");
      arguments.emplace_back(option);
    }
    arguments.insert(arguments.end(), {"--", target_, command});
    return arguments;
  }

  std::string target_;
  ProcessRunner run_;
};

constexpr int cannot_write = 97;  // none of the agent's exit codes, nor of ssh's or the shell's

/// What the guest's shell does: it makes a directory that nobody else can enter, puts the manifest (the first line of its
/// input) and the agent (the rest) into it, runs the agent, and removes the directory however that ends, be it a full disk,
/// a broken connection or a signal. No signal can come between the directory and the trap that knows of it; an agent of which
/// a part is missing is not run. In one line and one pair of quotes, which csh and fish understand as well.
std::string script(std::size_t agent_size, const AgentOrder& order) {
  const std::string give_up = " || exit " + std::to_string(cannot_write) + "; ";
  return "exec /bin/sh -c '"
         "trap \"\" HUP INT TERM PIPE; umask 077; IFS= read -r manifest" +
         give_up + "d=$(mktemp -d /var/tmp/vfio-guest-agent-XXXXXXXX)" + give_up +
         "leave() { trap \"\" HUP INT TERM PIPE; rm -rf -- \"$d\"; }; trap leave EXIT; trap \"exit 98\" HUP INT TERM PIPE; "
         "cat >\"$d/agent\" && chmod 700 \"$d/agent\" && printf \"%s\\n\" \"$manifest\" >\"$d/manifest.json\"" +
         give_up + "test $(wc -c <\"$d/agent\") -eq " + std::to_string(agent_size) + give_up +
         "\"$d/agent\" --expect \"$d/manifest.json\" --format json --wait " + std::to_string(order.wait.count()) +
         (order.exercise ? " --exercise" : "") + " </dev/null; exit $?'";
}

/// In JSON a line end stands between words only.
std::string in_one_line(std::string_view json) {
  std::string line(json);
  std::ranges::replace(line, '\n', ' ');
  return line + "\n";
}

}  // namespace

AgentAnswer run_agent_through_ssh(const std::string& target, std::string_view agent, std::string_view manifest,
                                  const AgentOrder& order, ProcessRunner run) {
  const Interruption interruption;
  const Ssh ssh(target, run);
  auto answer = ssh.call(script(agent.size(), order), in_one_line(manifest).append(agent), guest_time + order.time());
  if (answer.exit_code == cannot_write)
    ssh.fail("the agent cannot be written to the guest's /var/tmp (is it a Linux guest?). Use --evidence instead");
  return answer;
}

Observed<std::string> boot_id_through_ssh(const std::string& target, ProcessRunner run) {
  try {
    const auto answer = Ssh(target, run).call("cat /proc/sys/kernel/random/boot_id", {}, std::chrono::seconds(20));
    return boot_id_of(answer.output);
  } catch (const InputError& error) {
    return Observed<std::string>::unreadable(error.what());
  }
}

}  // namespace vfio_doctor
