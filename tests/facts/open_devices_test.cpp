// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "facts/processes/processes.hpp"
#include "machines.hpp"
#include "running_root.hpp"

namespace vfio_doctor {
namespace {

ProcessFacts processes_of(const std::string& text) {
  const auto machine = testing::machine(text);
  return gather_processes(testing::RunningRoot(machine));
}

/// One process that somebody else's look is refused.
const std::string one_process = "dir /sys/class/net\nunreadable /proc/7/fd Permission denied\n";

TEST(OpenDevices, NobodyHasOneOpenWhereThereIsNone) {
  EXPECT_TRUE(processes_of(one_process).all_seen);
  EXPECT_TRUE(processes_of(one_process + "text /sys/class/drm/version = drm 1.1.0\n").all_seen);
}

TEST(OpenDevices, ProcessesAreLookedAtWhereThereIsOneOrItIsNotKnown) {
  EXPECT_FALSE(processes_of(one_process + "dir /sys/class/vfio/7\n").all_seen);
  EXPECT_FALSE(processes_of(one_process + "dir /sys/class/vfio-dev/vfio0\n").all_seen);
  EXPECT_FALSE(processes_of(one_process + "dir /sys/class/drm/card0\n").all_seen);
  EXPECT_FALSE(processes_of(one_process + "dir /proc/driver/nvidia\n").all_seen);
  EXPECT_FALSE(processes_of(one_process + "unreadable /sys/class/drm Permission denied\n").all_seen);
  EXPECT_FALSE(processes_of("unreadable /proc/7/fd Permission denied\n").all_seen) << "no /sys";
}

TEST(OpenDevices, ATreeMayHoldProcessesAndNotTheClasses) {
  EXPECT_FALSE(gather_processes(testing::machine(one_process)).all_seen);
}

}  // namespace
}  // namespace vfio_doctor
