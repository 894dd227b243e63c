// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "checks/guest/guest_cycle.hpp"
#include "reports/report.hpp"
#include "runner/guest/guest_channel.hpp"

namespace vfio_doctor {

/// How long the single steps of a round may take.
inline constexpr std::chrono::seconds shutdown_time{180}, start_time{300}, boot_time{300};

/// A guest that is taken through its restarts.
struct Lifecycle {
  std::string domain;
  unsigned rounds = 1;
  std::chrono::seconds proof_time{guest_time};  ///< what one proof may take
  /// The guest's boot, anew after every start; unreadable while nobody answers there.
  std::function<Observed<std::string>()> boot;
  /// Its devices, proven now. Throws InputError where the guest cannot be asked.
  std::function<Report()> prove;
  /// The host kernel's log, one message per line.
  std::function<Observed<std::string>()> host_log;
  std::vector<std::string> host_names;  ///< how the host's kernel calls the devices: "0000:3d:00.0"
  /// Told before anything is done, and after every step.
  std::function<void(const std::string&)> say;
  ProcessRunner run = run_process;
  ChannelClock clock = {};
};

/// What will be done, in words, and how long it may take.
std::string announcement(const Lifecycle& lifecycle);

/// The proof as it was at the last step that gave one, and a "guest-cycle" finding for each step, the last of which may have
/// failed. Throws InputError where the guest is not running, would be lost by a shutdown (a transient domain), or the user
/// interrupts it: the message says in which state the guest was left.
Report run_lifecycle(const Lifecycle& lifecycle);

}  // namespace vfio_doctor
