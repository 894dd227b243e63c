// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/interruption.hpp"

#include <gtest/gtest.h>

#include "usual_signal.hpp"

namespace vfio_doctor {
namespace {

TEST(Interruption, RemembersASignal) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const testing::UsualSignal usual(signal);
    const Interruption interruption;
    ::raise(signal);
    EXPECT_TRUE(Interruption::flag()) << signal;
  }
}

/// nohup ignores SIGHUP, a shell without job control SIGINT for what runs in the background: neither is an interruption.
TEST(Interruption, LeavesIgnoredSignalsIgnored) {
  for (const int signal : {SIGINT, SIGHUP}) {
    const testing::UsualSignal ignored(signal, SIG_IGN);
    const Interruption interruption;
    ::raise(signal);
    EXPECT_FALSE(Interruption::flag()) << signal;
  }
}

}  // namespace
}  // namespace vfio_doctor
