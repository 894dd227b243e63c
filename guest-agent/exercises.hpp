// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "checks/guest/ladder.hpp"
#include "exercise/perform.hpp"

namespace vfio_doctor {

struct PlannedAct {
  PciAddress address;
  Act act;
};

/// What can be done with the expected devices: only with those that are here for certain and have their driver.
std::vector<PlannedAct> plan_exercises(const Root& root, const GuestJudgement& judgement);

/// One line for each act, to be shown before the first of them; printable.
std::string announcement(const std::vector<PlannedAct>& acts);

struct DoneAct {
  PciAddress address;
  GuestExercise exercise;
};
/// Does them one after the other; what there is no time left for is said to be undone.
std::vector<DoneAct> do_exercises(const std::vector<PlannedAct>& acts, const Stage& stage);

/// Writes down in `view` what came of them.
void add_exercises(const std::vector<DoneAct>& done, GuestView& view);

}  // namespace vfio_doctor
