// SPDX-License-Identifier: GPL-2.0-or-later
#include <spdlog/spdlog.h>

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "runner/guest/guest_channel.hpp"
#include "runner/guest/interruption.hpp"

namespace vfio_doctor {
namespace {

constexpr std::chrono::seconds connect_time{30};

bool is_plain(const std::string& text, std::string_view allowed) {
  return std::all_of(text.begin(), text.end(), [allowed](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || allowed.find(c) != allowed.npos;
  });
}

/// One command in the guest. ssh hands it to the login shell there, so it holds nothing but our own words and a
/// directory name that was checked.
class Ssh {
 public:
  Ssh(const std::string& target, ProcessRunner run) : target_(without_brackets(target)), run_(run) {
    if (target.empty() || target.front() == '-' || !is_plain(target, "@.:_-[]%"))
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

class Removal {
 public:
  Removal(const Ssh& ssh, std::string directory) : ssh_(ssh), directory_(std::move(directory)) {}
  ~Removal() {
    Interruption::forgive();
    try {
      ssh_.call("rm -rf -- " + directory_, "", connect_time);
    } catch (const std::exception&) {  // a guest that is gone took it with it
      spdlog::warn("{} may have been left in the guest", directory_);
    }
  }
  Removal(const Removal&) = delete;
  Removal& operator=(const Removal&) = delete;

 private:
  const Ssh& ssh_;
  std::string directory_;
};

}  // namespace

AgentAnswer run_agent_through_ssh(const std::string& target, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run) {
  const Interruption interruption;
  const Ssh ssh(target, run);
  const auto made = ssh.call(
      "umask 077; d=$(mktemp -d /var/tmp/vfio-guest-agent-XXXXXXXX) && cat >\"$d/agent\" && chmod 700 \"$d/agent\" && echo \"$d\"",
      agent, connect_time + std::chrono::seconds(60));
  const std::string directory(trim(made.output));
  const std::string start = "/var/tmp/vfio-guest-agent-";
  if (made.exit_code != 0 || !directory.starts_with(start) || !is_plain(directory.substr(start.size()), "") ||
      directory.size() == start.size())
    ssh.fail("the agent cannot be written to the guest's /var/tmp (is it a Linux guest?). Use --evidence instead");
  const Removal removal(ssh, directory);
  return ssh.call(directory + "/agent --expect - --format json --wait " + std::to_string(wait.count()), manifest,
                 wait + connect_time);
}

}  // namespace vfio_doctor
