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

/// Brings the agent and the manifest into the guest of libvirt's `domain` through the QEMU guest agent, runs it, and
/// removes both. Throws InputError "domain ...: what went wrong" where the guest cannot be reached that way.
AgentAnswer run_agent_through_qga(const std::string& domain, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run = run_process);

/// The same through the system's ssh to `target` ("user@guest"), which must let us in without a password prompt.
AgentAnswer run_agent_through_ssh(const std::string& target, std::string_view agent, std::string_view manifest,
                                  std::chrono::seconds wait, ProcessRunner run = run_process);

}  // namespace vfio_doctor
