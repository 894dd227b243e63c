// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/process/subprocess.hpp"

namespace vfio_doctor {

/// What the agent said inside the guest. All of it is the guest's word: bounded, but to be validated.
struct AgentAnswer {
  int exit_code = -1;
  std::string output, errors;
};

inline constexpr std::size_t longest_agent_answer = 8 << 20;

/// Runs programs on this machine; a test puts its own in place.
using ProcessRunner = ProcessResult (*)(const ProcessRequest&);

/// Time as the channels see it; a test puts its own in place.
struct ChannelClock {
  using Moment = std::chrono::steady_clock::time_point;
  Moment (*now)() = std::chrono::steady_clock::now;
  void (*sleep)(std::chrono::milliseconds) = sleep_here;

  static void sleep_here(std::chrono::milliseconds time);
};

/// All that a guest may take to let the agent in and answer, besides the `wait` that was asked for. However slowly it
/// answers each single question, verify ends.
inline constexpr std::chrono::seconds guest_time{120};
/// What it may take beyond that to take out again what was put into it.
inline constexpr std::chrono::seconds removal_time{20};

/// Brings the agent and the manifest into the guest of libvirt's `domain` through the QEMU guest agent, runs it, and
/// removes both, which lie in a directory that root alone may enter. Throws InputError "domain ...: what went wrong" where
/// the guest cannot be reached that way.
AgentAnswer run_agent_through_qga(const std::string& domain, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run = run_process, const ChannelClock& clock = {});

/// The same through the system's ssh to `target` ("user@guest"), which must let us in without a password prompt. One
/// command does it all: whatever ends it, the guest's shell removes what it made.
AgentAnswer run_agent_through_ssh(const std::string& target, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run = run_process);

}  // namespace vfio_doctor
