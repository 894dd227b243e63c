// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/input_error.hpp"
#include "base/observed.hpp"
#include "base/process/subprocess.hpp"
#include "facts/guest/guest_view.hpp"

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

/// What the agent is asked for inside the guest.
struct AgentOrder {
  std::chrono::seconds wait{0};  ///< that the devices get to appear
  bool exercise = false;         ///< make them work while it looks

  AgentOrder(std::chrono::seconds wait_time, bool with_exercise = false)
      : wait(wait_time), exercise(with_exercise) {}  // NOLINT: a wait alone is an order
  /// How long it may take: the wait, and what the agent gives all its exercises (exercise/perform.hpp) with some to spare.
  std::chrono::seconds time() const { return wait + std::chrono::seconds(exercise ? 150 : 0); }
};

/// Brings the agent and the manifest into the guest of libvirt's `domain` through the QEMU guest agent, runs it, and
/// removes both, which lie in a directory that root alone may enter. Throws InputError "domain ...: what went wrong" where
/// the guest cannot be reached that way.
AgentAnswer run_agent_through_qga(const std::string& domain, std::string_view agent, std::string_view manifest,
                                  const AgentOrder& order, ProcessRunner run = run_process, const ChannelClock& clock = {});

/// The same through the system's ssh to `target` ("user@guest"), which must let us in without a password prompt. One
/// command does it all: whatever ends it, the guest's shell removes what it made.
AgentAnswer run_agent_through_ssh(const std::string& target, std::string_view agent, std::string_view manifest,
                                  const AgentOrder& order, ProcessRunner run = run_process);

/// The guest runs Windows, where the agent for Linux cannot run.
struct WindowsGuest : InputError {
  using InputError::InputError;
};

/// What the guest agent of a Windows guest tells of its PCI devices (guest-get-devices, qemu-guest-agent 5.2): the ids of those that
/// are present and have a driver installed, and that driver's name. Whether it runs is not told, nor is where they sit; devices
/// without a driver are missing. Throws InputError where it does not answer.
GuestView windows_devices_through_qga(const std::string& domain, ProcessRunner run = run_process,
                                      const ChannelClock& clock = {});

/// Which start of the guest this is (/proc/sys/kernel/random/boot_id, another one after every start), read through its guest
/// agent; unreadable, and why, while that does not answer. Quick: one question, no patience.
Observed<std::string> boot_id_through_qga(const std::string& domain, ProcessRunner run = run_process,
                                          const ChannelClock& clock = {});
/// The same through ssh.
Observed<std::string> boot_id_through_ssh(const std::string& target, ProcessRunner run = run_process);

/// The guest's word for its boot: 36 hexadecimal digits and dashes, or unreadable.
Observed<std::string> boot_id_of(std::string_view text);

}  // namespace vfio_doctor
