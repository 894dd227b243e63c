// SPDX-License-Identifier: GPL-2.0-or-later
// The way through ssh: what ssh is called with, and what its one command does in a guest's shell, which is this machine's
// here, in a directory of the test in place of /var/tmp.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/input_error.hpp"
#include "runner/guest/guest_channel.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using vfio_doctor::testing::TemporaryDirectory;

std::vector<ProcessRequest> asked;
ProcessResult fake_ssh(const ProcessRequest& request) {
  asked.push_back(request);
  ProcessResult result;
  result.end = ProcessResult::End::exited;
  result.exit_code = 0;
  result.output = "the report";
  return result;
}

AgentAnswer run(const std::string& target, ProcessRunner runner, const std::string& agent = "agent\nbytes") {
  return run_agent_through_ssh(target, agent, "{\n\"a\": 1\n}\n", std::chrono::seconds(5), runner);
}

TEST(SecureShell, IsOneCommandThatIsNotTrustedWithAnything) {
  asked.clear();
  const auto answer = run("root@192.0.2.7", fake_ssh);
  EXPECT_EQ(answer.output, "the report");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].program, "ssh");
  EXPECT_THAT(asked[0].arguments,
              IsSupersetOf({"-a", "-x", "ClearAllForwardings=yes", "ControlMaster=no", "--", "root@192.0.2.7"}));
  EXPECT_EQ(asked[0].input, "{ \"a\": 1 } \nagent\nbytes");
  const auto& command = asked[0].arguments.back();
  EXPECT_EQ(std::count(command.begin(), command.end(), '\''), 2) << "whatever the login shell is";
  EXPECT_EQ(command.find('\n'), command.npos);
}

TEST(SecureShell, TakesIPv6LiteralsInBracketsToo) {
  asked.clear();
  run("root@[fe80::1%virbr0]", fake_ssh);
  run("[2001:db8::7]", fake_ssh);
  EXPECT_THAT(asked.at(0).arguments, ::testing::Contains("root@fe80::1%virbr0"));
  EXPECT_THAT(asked.at(1).arguments, ::testing::Contains("2001:db8::7"));
}

TEST(SecureShell, BelievesNoTargetWithTricks) {
  for (const auto* target : {"", "-oProxyCommand=x", "a b", "$(x)", "a;b", "[-x]", "u@[-oProxyCommand]", "u@-x", "u@", "@h",
                             "u@[]", "[]", "a[b]c", "u@v@[-x]"})
    EXPECT_THROW(run(target, fake_ssh), InputError) << target;
}

/// A guest's shell: `sh` runs the command, a directory stands for /var/tmp.
struct Guest {
  TemporaryDirectory directory;
  std::string shell = "/bin/sh";
  std::string before;     ///< what the shell is to do first
  std::string input_end;  ///< the connection breaks before the first byte of this
};
Guest* guest = nullptr;

std::string replaced_everywhere(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

ProcessResult shell_of_guest(const ProcessRequest& request) {
  auto here = request;
  const auto command = replaced_everywhere(request.arguments.back(), "/var/tmp", guest->directory.path().string());
  here.program = guest->shell;
  const auto shell = guest->shell + (guest->shell.ends_with("busybox") ? " sh" : "");
  here.arguments = {"-c", guest->before + replaced_everywhere(command, "/bin/sh", shell)};
  if (shell != guest->shell) here.arguments.insert(here.arguments.begin(), "sh");
  if (!guest->input_end.empty()) here.input.resize(here.input.find(guest->input_end));
  return run_process(here);
}

std::vector<std::string> left_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) names.push_back(entry.path().filename());
  return names;
}

/// Says where it lies, who may enter there, and what it was given; ends as the agent would.
const std::string tells = "#!/bin/sh\nstat -c %a \"$(dirname \"$0\")\"\ncat \"$2\"\nexit 3\n";

class InTheGuest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (::access(GetParam(), X_OK) != 0) GTEST_SKIP() << GetParam() << " is not installed";
    here_.shell = GetParam();
    guest = &here_;
  }
  std::vector<std::string> left() const { return left_in(here_.directory.path()); }
  Guest here_;
};
INSTANTIATE_TEST_SUITE_P(Shells, InTheGuest, ::testing::Values("/bin/sh", "/bin/bash", "/bin/dash", "/bin/busybox"),
                         [](const auto& name) {
                           const std::string path = name.param;
                           return replaced_everywhere(path.substr(path.rfind('/') + 1), "-", "_");
                         });

TEST_P(InTheGuest, RunsInADirectoryOfItsOwnAndLeavesNothing) {
  const auto answer = run("guest", shell_of_guest, tells);
  EXPECT_EQ(answer.output, "700\n{ \"a\": 1 } \n") << answer.errors;
  EXPECT_EQ(answer.exit_code, 3);
  EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_P(InTheGuest, AnAgentOfWhichAPartIsMissingIsNotRun) {
  here_.input_end = "exit 3";
  try {
    run("guest", shell_of_guest, tells);
    ADD_FAILURE();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("cannot be written"));
  }
  EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST_P(InTheGuest, AFullDiskLeavesNothing) {
  here_.before = "trap '' XFSZ; ulimit -f 8; ";  // a file ends after some kilobytes
  EXPECT_THROW(run("guest", shell_of_guest, tells + std::string(100'000, '#')), InputError);
  EXPECT_THAT(left(), ::testing::IsEmpty());
}

// The agent itself sends the signals, so they come at a known moment: to its shell, or to all that belongs to the command.
TEST_P(InTheGuest, SignalsLeaveNothing) {
  for (const std::string signal : {"HUP", "INT", "TERM", "PIPE"})
    for (const std::string whom : {"$PPID", "$PPID $PPID", "0"}) {
      const auto agent = "#!/bin/sh\n" + std::string(whom == "0" ? "trap '' " + signal + "\n" : "") + "for one in " + whom +
                         "; do kill -" + signal + " $one; done\nexit 3\n";
      try {
        const auto answer = run("guest", shell_of_guest, agent);
        EXPECT_EQ(answer.exit_code, 98) << signal << " to " << whom;
      } catch (const InputError&) {  // the login shell in between may die of it
      }
      EXPECT_THAT(left(), ::testing::IsEmpty()) << signal << " to " << whom;
    }
}

// Here a signal comes as soon as the directory is there: mktemp is one that sends it.
TEST_P(InTheGuest, ASignalWhileTheDirectoryIsMadeLeavesNothing) {
  const TemporaryDirectory tools;
  const auto mktemp = tools.path() / "mktemp";
  std::ofstream(mktemp) << "#!/bin/sh\nPATH=/usr/bin:/bin\nmktemp \"$@\"\nkill -TERM $PPID; kill -HUP 0\n";
  fs::permissions(mktemp, fs::perms::owner_all);
  here_.before = "PATH=" + tools.path().string() + ":$PATH; export PATH; trap '' HUP; ";
  try {
    run("guest", shell_of_guest, tells);
  } catch (const InputError&) {
  }
  EXPECT_THAT(left(), ::testing::IsEmpty());
}

TEST(SecureShellOnAFullDisk, LeavesNothing) {
  Guest here;
  guest = &here;
  const auto place = here.directory.path().string();
  here.before = "";
  static bool mounted;
  mounted = true;
  const auto runner = [](const ProcessRequest& request) {
    auto wrapped = request;
    const auto where = guest->directory.path().string();
    wrapped.program = "unshare";
    wrapped.arguments = {"-m", "/bin/sh", "-c",
                         "mount -t tmpfs -o size=64k none " + where + " || exit 96; (" +
                             replaced_everywhere(request.arguments.back(), "/var/tmp", where) + "); code=$?; ls -A " + where +
                             "; exit $code"};
    auto result = run_process(wrapped);
    // In a chroot, / is no mount point, and unshare itself gives up.
    mounted = result.exit_code != 96 && result.end == ProcessResult::End::exited && !result.errors.starts_with("unshare:");
    EXPECT_EQ(result.output, "");
    return result;
  };
  if (::geteuid() != 0) GTEST_SKIP() << "not root";
  bool refused = false;
  try {
    run("guest", runner, tells + std::string(200'000, '#'));
  } catch (const InputError&) {
    refused = true;
  }
  if (!mounted) GTEST_SKIP() << "nothing may be mounted here";
  EXPECT_TRUE(refused);
}

}  // namespace
}  // namespace vfio_doctor
