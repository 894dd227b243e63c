// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "exercise/act.hpp"
#include "facts/guest/guest_view.hpp"

namespace vfio_doctor {

/// Where the acts are done.
struct Stage {
  std::string root;     ///< stands before a node's path; empty: this machine
  bool is_live = true;  ///< false: a directory that looks like /, where disks may be files and nothing else is asked
};

/// How long one act may take. A device that hangs is one that does not work.
inline constexpr std::chrono::milliseconds act_time{15'000};
/// All acts together: what then was not begun is not done.
inline constexpr std::chrono::milliseconds all_acts_time{100'000};

/// Does it, in a process of its own, which is left behind where it hangs in the kernel.
GuestExercise perform(const Act& act, const Stage& stage, std::chrono::milliseconds time = act_time);

/// What an act came to.
struct Outcome {
  GuestExercise::Result result = GuestExercise::Result::undecided;
  std::string what;  ///< a sentence's piece: "4096 bytes came"
};

/// Runs `act` in a process of its own and answers what it answers; nothing where that takes longer than `time`.
/// Where it ends without an answer that is said. The caller's signals do not end it.
std::optional<Outcome> run_apart(const std::function<Outcome()>& act, std::chrono::milliseconds time);

/// The single acts, without a bound of their own. None throws.
Outcome read_block(const Act& act, const Stage& stage);
Outcome try_link(const Act& act);
/// Takes an interface down that bring_up has left up.
Outcome take_down(const Act& act);
Outcome ask_display(const Act& act);
Outcome read_descriptor(const Act& act);
Outcome ask_codec(const Act& act);

/// An open descriptor of the act's node, which must be the device that sysfs names; negative, and `refused` says why, where
/// it cannot be had.
int open_node(const Act& act, const Stage& stage, int flags, Outcome& refused);
/// What an error of a device's driver means: some tell that the device does not answer, the others nothing of it.
Outcome outcome_of_error(const std::string& doing, int error);

}  // namespace vfio_doctor
