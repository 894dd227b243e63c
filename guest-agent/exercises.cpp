// SPDX-License-Identifier: GPL-2.0-or-later
#include "exercises.hpp"

#include <chrono>

#include "base/printable.hpp"

namespace vfio_doctor {

std::vector<PlannedAct> plan_exercises(const Root& root, const GuestJudgement& judgement) {
  constexpr std::size_t most_acts = 64;
  std::vector<PlannedAct> acts;
  for (const auto& ladder : judgement.devices) {
    // Passed: nothing below it failed, and it is known which function is the assigned device.
    if (!ladder.seen || ladder.at(Rung::driver).status != Status::pass) continue;
    for (auto& act : plan_acts(root, *ladder.seen))
      if (acts.size() < most_acts) acts.push_back({ladder.seen->address, std::move(act)});
  }
  return acts;
}

std::string announcement(const std::vector<PlannedAct>& acts) {
  if (acts.empty()) return "No harmless act is known for what the expected devices are here.\n";
  std::string text = "To make the expected devices work while it looks, vfio-guest-agent, one after the other and at most " +
                     std::to_string(act_time.count() / 1000) + " s each:\n";
  for (const auto& [address, act] : acts) text += "  " + address.text() + ": " + printable(act.announcement()) + "\n";
  return text;
}

std::vector<DoneAct> do_exercises(const std::vector<PlannedAct>& acts, const Stage& stage) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + all_acts_time;
  std::vector<DoneAct> done;
  for (const auto& [address, act] : acts) {
    if (Clock::now() < end)
      done.push_back({address, perform(act, stage)});
    else
      done.push_back({address, {act.announcement(), GuestExercise::Result::undecided, "not done: the others took too long"}});
  }
  return done;
}

void add_exercises(const std::vector<DoneAct>& done, GuestView& view) {
  if (!view.functions.has_value()) return;
  for (auto& function : view.functions.value())
    for (const auto& [address, exercise] : done)
      if (function.address == address) function.exercises.push_back(exercise);
}

}  // namespace vfio_doctor
