// SPDX-License-Identifier: GPL-2.0-or-later
// What a program can do to get out of hand, and that nothing is left of it afterwards.
#include "base/process/subprocess.hpp"

#include <signal.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/process/process_tree.hpp"

namespace vfio_doctor {
namespace {

using namespace std::chrono_literals;
using End = ProcessResult::End;

/// The processes of this machine whose command line holds `mark`.
int running_with(const std::string& mark) {
  int found = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    std::ifstream file(entry.path() / "cmdline");
    std::ostringstream line;
    line << file.rdbuf();
    if (file && entry.path() != "/proc/" + std::to_string(::getpid()) && line.str().find(mark) != std::string::npos) ++found;
  }
  return found;
}

/// A shell that runs `script`; `mark` stands in its command line and in that of every process it forks.
ProcessRequest shell(const std::string& script, const std::string& mark = "") {
  ProcessRequest request;
  request.program = "/bin/sh";
  request.arguments = {"-c", script, "sh" + mark};
  return request;
}

std::string fresh_mark() {
  static int number = 0;
  return "-marked-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

struct Subprocess : ::testing::Test {
  void TearDown() override { EXPECT_THAT(children_of(::getpid()), ::testing::IsEmpty()) << "a process is left behind"; }
};

TEST_F(Subprocess, GivesOutputErrorsAndExitCode) {
  auto request = shell("cat; echo problem >&2; exit 7");
  request.input = "given";
  const auto result = run_process(request);
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_EQ(result.output, "given");
  EXPECT_EQ(result.errors, "problem\n");
  EXPECT_EQ(result.left_behind, 0u);
}

TEST_F(Subprocess, SaysWhyAProgramDidNotStart) {
  ProcessRequest request;
  request.program = "no-such-program";
  EXPECT_EQ(run_process(request).problem, "no-such-program is not installed");
  request.program = "/etc/passwd";
  const auto refused = run_process(request);
  EXPECT_EQ(refused.end, End::not_started);
  EXPECT_EQ(refused.problem, "Permission denied");
}

TEST_F(Subprocess, EnvironmentIsCleanAndThereIsNoTerminal) {
  ::setenv("VFIO_DOCTOR_SECRET", "1", 1);
  auto request = shell("env | sort; pwd; (: </dev/tty) 2>/dev/null || echo no terminal");
  request.add_environment = {"GIVEN=2"};
  const auto result = run_process(request);
  EXPECT_EQ(result.output.find("SECRET"), std::string::npos);
  EXPECT_NE(result.output.find("GIVEN=2\n"), std::string::npos);
  EXPECT_TRUE(result.output.ends_with("/\nno terminal\n")) << result.output;
}

TEST_F(Subprocess, KeptVariablesReplaceTheStandardOnes) {
  ::setenv("HOME", "/somewhere", 1);
  auto request = shell("env | grep '^HOME='");
  EXPECT_EQ(run_process(request).output, "HOME=/\n");
  request.keep_environment = {"HOME"};
  EXPECT_EQ(run_process(request).output, "HOME=/somewhere\n");
}

TEST_F(Subprocess, NoDescriptorLeaksIntoIt) {
  const auto result = run_process(shell("ls /proc/self/fd | tr '\\n' ' '"));
  EXPECT_EQ(result.output, "0 1 2 3 ");  // 3: the directory that ls reads
}

TEST_F(Subprocess, SignalIsReported) {
  const auto result = run_process(shell("kill -SEGV $$"));
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(result.signal, SIGSEGV);
}

TEST_F(Subprocess, InputThatNobodyReadsIsNoProblem) {
  auto request = shell("exec 0<&-; echo done");
  request.input.assign(8 << 20, 'x');
  const auto result = run_process(request);
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.output, "done\n");
}

TEST_F(Subprocess, LargeInputAndOutputPassAtTheSameTime) {
  auto request = shell("cat");
  request.input.assign(4 << 20, 'x');
  request.most_output = 8 << 20;
  EXPECT_EQ(run_process(request).output.size(), request.input.size());
}

TEST_F(Subprocess, DeadlineEndsAProgramThatIgnoresSignals) {
  const auto mark = fresh_mark();
  auto request = shell("trap '' TERM INT HUP; echo begun; while :; do sleep 30; done", mark);
  request.deadline = 300ms;
  const auto start = std::chrono::steady_clock::now();
  const auto result = run_process(request);
  EXPECT_EQ(result.end, End::too_slow);
  EXPECT_EQ(result.output, "begun\n");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, FloodsAreStopped) {
  EXPECT_EQ(run_process(shell("while :; do echo flood; done")).end, End::too_much_output);
  EXPECT_EQ(run_process(shell("yes >&2")).end, End::too_much_output);
}

TEST_F(Subprocess, OutputOfExactlyTheLimitIsAllowed) {
  auto request = shell("printf 1234");
  request.most_output = 4;
  EXPECT_EQ(run_process(request).end, End::exited);
  request.most_output = 3;
  EXPECT_EQ(run_process(request).end, End::too_much_output);
}

TEST_F(Subprocess, DaemonsInSessionsOfTheirOwnAreEndedAndCounted) {
  const auto mark = fresh_mark();
  const auto result =
      run_process(shell("setsid sh -c 'setsid sh -c \"while :; do sleep 1; done\" \"$0\" & sleep 60' \"$0\" & exit 0", mark));
  EXPECT_EQ(result.end, End::exited);
  EXPECT_GE(result.left_behind, 1u);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, DaemonsAreEndedAtTheDeadlineToo) {
  const auto mark = fresh_mark();
  auto request = shell("setsid sh -c 'sleep 60; :' \"$0\" & sleep 60", mark);
  request.deadline = 300ms;
  EXPECT_EQ(run_process(request).end, End::too_slow);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, AnOrphanThatEndsAtOnceIsForgiven) {
  EXPECT_EQ(run_process(shell("(sleep 0.02 &) ; exit 0")).left_behind, 0u);
}

TEST_F(Subprocess, KillingTheKeeperHelpsNobody) {
  const auto mark = fresh_mark();
  const auto result = run_process(shell("setsid sh -c 'sleep 60; :' \"$0\" & kill -9 $PPID; sleep 60", mark));
  EXPECT_EQ(result.end, End::signalled);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, StoppingTheKeeperHelpsNobody) {
  const auto mark = fresh_mark();
  auto request = shell("setsid sh -c 'sleep 60; :' \"$0\" & kill -STOP $PPID; sleep 60", mark);
  request.deadline = 300ms;
  EXPECT_EQ(run_process(request).end, End::too_slow);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, TooManyProcessesAreEnded) {
  const auto mark = fresh_mark();
  auto request = shell("i=0; while [ $i -lt 400 ]; do sleep 60 & i=$((i+1)); done; wait", mark);
  request.deadline = 20s;
  EXPECT_EQ(run_process(request).end, End::too_many_processes);
  EXPECT_EQ(running_with(mark), 0);
}

TEST_F(Subprocess, SeveralRunAtOnceWithoutSharingPipes) {
  std::vector<std::thread> threads;
  std::vector<ProcessResult> results(8);
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < results.size(); ++i)
    threads.emplace_back(
        [&results, i] { results[i] = run_process(shell("sleep 0." + std::to_string(i) + "; echo " + std::to_string(i))); });
  for (auto& thread : threads) thread.join();
  EXPECT_LT(std::chrono::steady_clock::now() - start, 2500ms);
  for (std::size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i].output, std::to_string(i) + "\n");
}

TEST_F(Subprocess, ZombiesOfTheProgramAreNoProblem) {
  const auto result = run_process(shell("(exit 1) & exec sleep 1"));
  EXPECT_EQ(result.end, End::exited);
  EXPECT_EQ(result.left_behind, 0u);
}

TEST_F(Subprocess, EndsEarlyWhenToldTo) {
  std::atomic<bool> stop = false;
  auto request = shell("sleep 30");
  request.deadline = 25s;
  request.stop_when = &stop;
  std::jthread teller([&stop] {
    std::this_thread::sleep_for(100ms);
    stop = true;
  });
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(run_process(request).end, End::too_slow);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
}

}  // namespace
}  // namespace vfio_doctor
