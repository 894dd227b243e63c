// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/guest/lifecycle.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>

#include "base/base64.hpp"
#include "base/input_error.hpp"
#include "base/text.hpp"
#include "reports/guest/guest_report.hpp"
#include "runner/guest/interruption.hpp"
#include "usual_signal.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

/// libvirt with one domain. Only what is asked of it takes time.
struct FakeHost {
  std::string state = "running", persistent = "yes";
  unsigned boots = 1, starts = 0;
  unsigned fails_at_start = 0;  ///< the start that libvirt refuses; 0: none
  bool ignores_shutdown = false, ignores_reboot = false, hangs_after_reset = false;
  bool interrupts_when_off = false;
  bool answers = true;
  std::vector<std::string> orders;
  ChannelClock::Moment now{};
  std::string log = "old line about 0000:3d:00.0\n";
};
FakeHost* fake = nullptr;

ProcessResult answer(const std::string& text, int code = 0) {
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  result.exit_code = code;
  (code == 0 ? result.output : result.errors) = text;
  return result;
}

ProcessResult fake_virsh(const ProcessRequest& request) {
  EXPECT_EQ(request.program, "virsh");
  EXPECT_EQ(request.arguments.at(0), "--quiet");
  EXPECT_EQ(request.arguments.back(), "guest1");
  const auto word = request.arguments.at(1);
  if (word == "domstate") {
    if (fake->state == "shut off" && fake->interrupts_when_off) std::raise(SIGINT);
    return answer(fake->state + "\n\n");
  }
  if (word == "dominfo")
    return answer("Id:             3\nState:          " + fake->state + "\nPersistent:     " + fake->persistent + "\n");
  fake->orders.push_back(word);
  if (word == "shutdown" && !fake->ignores_shutdown) fake->state = "shut off";
  if (word == "start") {
    if (++fake->starts == fake->fails_at_start)
      return answer("error: Failed to start domain 'guest1'\nerror: internal error: device 0000:3d:00.0 did not reset", 1);
    fake->state = "running";
    ++fake->boots;
  }
  if (word == "reboot" && !fake->ignores_reboot) ++fake->boots;
  if (word == "reset") {
    ++fake->boots;
    if (fake->hangs_after_reset) fake->answers = false;
  }
  return answer("");
}

Report proof_of(Status function) {
  Report report;
  for (const auto rung : all_rungs) {
    Finding finding;
    finding.id = rung_id(rung);
    finding.status = rung == Rung::function ? function : Status::pass;
    finding.summary = "Card fails at " + std::string(to_text(rung)) + ": it is dead.";
    finding.evidence = {{"manifest", "Card (host 0000:3d:00.0)"}};
    report.findings.push_back(finding);
  }
  report.verdict = guest_verdict(report.findings);
  return report;
}

class LifecycleTest : public ::testing::Test {
 protected:
  LifecycleTest() {
    fake = &host_;
    lifecycle_.domain = "guest1";
    lifecycle_.rounds = 2;
    lifecycle_.boot = [] {
      return fake->answers ? Observed<std::string>("boot " + std::to_string(fake->boots))
                           : Observed<std::string>::unreadable("nobody answers");
    };
    lifecycle_.prove = [this] {
      ++proofs_;
      return proof_of(proofs_ == dead_at_ ? Status::fail : usual_);
    };
    lifecycle_.host_log = [] { return Observed<std::string>(fake->log); };
    lifecycle_.host_names = {"0000:3d:00.0"};
    lifecycle_.say = [this](const std::string& text) { said_.push_back(text); };
    lifecycle_.run = fake_virsh;
    lifecycle_.clock = {[] { return fake->now; }, [](std::chrono::milliseconds time) { fake->now += time; }};
  }
  static std::vector<const Finding*> cycles(const Report& report) {
    std::vector<const Finding*> found;
    for (const auto& finding : report.findings)
      if (finding.id == cycle_finding_id) found.push_back(&finding);
    return found;
  }

  FakeHost host_;
  Lifecycle lifecycle_;
  std::vector<std::string> said_;
  unsigned proofs_ = 0, dead_at_ = 0;
  Status usual_ = Status::pass;
};

TEST_F(LifecycleTest, TakesItThroughEveryStepAndProvesEachTime) {
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_THAT(host_.orders, ElementsAre("shutdown", "start", "reboot", "reset", "shutdown", "start", "reboot", "reset"));
  EXPECT_EQ(proofs_, 7u);
  EXPECT_EQ(cycles(report).size(), 7u);
  EXPECT_EQ(report.verdict, Verdict::ready);
  ASSERT_EQ(said_.size(), 8u);
  EXPECT_THAT(said_[0], HasSubstr("2 times through shutdown, start, reboot and reset"));
  EXPECT_THAT(said_[0], HasSubstr("minutes"));
  EXPECT_THAT(said_[4], HasSubstr("Round 1 of 2, reset: every expected device is here and works"));
}

TEST_F(LifecycleTest, StopsAtTheFirstStepAfterWhichADeviceFails) {
  dead_at_ = 4;  // after the first round's reset
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_THAT(host_.orders, ElementsAre("shutdown", "start", "reboot", "reset"));
  EXPECT_EQ(cycles(report).back()->status, Status::fail);
  EXPECT_THAT(cycles(report).back()->summary, HasSubstr("Round 1 of 2, reset: Card fails at FUNCTION"));
}

/// The reset bug: libvirt cannot give the device to the guest a second time.
TEST_F(LifecycleTest, AStartThatLibvirtRefusesIsAFailure) {
  host_.fails_at_start = 2;
  host_.log += "";
  lifecycle_.host_log = [] {
    return Observed<std::string>(
        fake->log + (fake->starts == 2 ? "vfio-pci 0000:3d:00.0: not ready 65535ms after FLR; giving up\nother line\n" : ""));
  };
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  const auto& last = *cycles(report).back();
  EXPECT_THAT(last.summary, HasSubstr("Round 2 of 2, shutdown and start: virsh start fails: error: Failed to start domain"));
  EXPECT_THAT(last.summary, HasSubstr("the guest is shut off"));
  ASSERT_EQ(last.evidence.size(), 1u) << "neither the old line nor another device's";
  EXPECT_THAT(last.evidence[0].value, HasSubstr("not ready 65535ms"));
  EXPECT_THAT(render_guest_text(report, {}), HasSubstr("CYCLE"));
}

TEST_F(LifecycleTest, AnAnswerFromBeforeTheRebootDoesNotCount) {
  host_.ignores_reboot = true;
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_EQ(proofs_, 2u);
  EXPECT_THAT(cycles(report).back()->summary, HasSubstr("it has not started anew"));
}

TEST_F(LifecycleTest, AGuestThatDoesNotComeBackEndsIt) {
  host_.hangs_after_reset = true;
  const auto start = host_.now;
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_THAT(cycles(report).back()->summary, HasSubstr("did not come back within 300 s: nobody answers"));
  EXPECT_LE(host_.now - start, std::chrono::seconds(310));
}

TEST_F(LifecycleTest, AGuestThatDoesNotShutDownIsNotForced) {
  host_.ignores_shutdown = true;
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_THAT(host_.orders, ElementsAre("shutdown"));
  EXPECT_THAT(cycles(report).back()->summary, HasSubstr("did not shut down within 180 s; libvirt calls it \"running\""));
}

TEST_F(LifecycleTest, NothingIsDoneToAGuestThatFailsAsItIs) {
  dead_at_ = 1;
  EXPECT_EQ(run_lifecycle(lifecycle_).verdict, Verdict::not_ready);
  EXPECT_THAT(host_.orders, ElementsAre());
}

TEST_F(LifecycleTest, WhatCannotBeSeenIsNotCalledSurvival) {
  usual_ = Status::unknown;
  const auto report = run_lifecycle(lifecycle_);
  EXPECT_EQ(report.verdict, Verdict::undetermined);
  EXPECT_EQ(cycles(report).back()->status, Status::unknown);
}

/// After a shutdown it would be gone.
TEST_F(LifecycleTest, ATransientDomainIsRefusedUntouched) {
  host_.persistent = "no";
  EXPECT_THROW(run_lifecycle(lifecycle_), InputError);
  host_.persistent = "yes";
  host_.state = "paused";
  EXPECT_THROW(run_lifecycle(lifecycle_), InputError);
  EXPECT_THAT(host_.orders, ElementsAre());
  EXPECT_EQ(proofs_, 0u);
}

TEST_F(LifecycleTest, AnInterruptionTellsInWhichStateTheGuestIs) {
  const testing::UsualSignal usual(SIGINT);
  host_.interrupts_when_off = true;
  try {
    run_lifecycle(lifecycle_);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("interrupted in round 1, shutdown and start"));
    EXPECT_THAT(error.what(), HasSubstr("virsh start guest1"));
  }
}

TEST(BootId, IsReadThroughTheGuestAgent) {
  const Interruption forgets_what_interrupted_before;
  static std::string content;
  const auto run = [](const ProcessRequest& request) {
    const auto message = Json::parse(request.arguments.back());
    Json value = Json::object();
    if (message["execute"] == "guest-file-open") {
      EXPECT_EQ(message["arguments"]["path"], "/proc/sys/kernel/random/boot_id");
      EXPECT_EQ(message["arguments"]["mode"], "r");
      value = 7;
    }
    if (message["execute"] == "guest-file-read") value = {{"count", content.size()}, {"buf-b64", base64_encode(content)}};
    return answer(Json{{"return", value}}.dump());
  };
  content = "0b1c2d3e-1111-4222-8333-abcdefabcdef\n";
  EXPECT_TRUE(boot_id_through_qga("guest1", run).is("0b1c2d3e-1111-4222-8333-abcdefabcdef"));
  content = "\x1b[2J nonsense";
  EXPECT_TRUE(boot_id_through_qga("guest1", run).is_unreadable());
  const auto silent = [](const ProcessRequest&) { return answer("error: Guest agent is not responding: not connected", 1); };
  EXPECT_THAT(boot_id_through_qga("guest1", silent).why(), HasSubstr("not connected"));
}

}  // namespace
}  // namespace vfio_doctor
