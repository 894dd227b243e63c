// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program as a person uses it: what is said on wrong usage, where the output goes, and that the completions and the
// manual know every option.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/nearest_word.hpp"
#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

const Words all_commands = {"check",   "groups",   "checks", "plugins", "manifest", "verify",
                            "explain", "snapshot", "diff",   "triage",  "guard"};

ProcessResult run(const Words& arguments, const std::string& input = "") {
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = arguments;
  request.input = input;
  request.most_output = 8 << 20;
  request.add_environment = {"SOURCE_DATE_EPOCH=1000000000"};
  return run_process(request);
}

/// What is said about wrong usage: one line on standard error, nothing on standard output, exit code 2.
std::string refusal(const Words& arguments) {
  const auto result = run(arguments);
  EXPECT_EQ(result.exit_code, 2) << join(arguments, " ");
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  return result.errors;
}

TEST(CommandLine, SuggestsWhatWasMeant) {
  EXPECT_THAT(refusal({"chek"}), HasSubstr("there is no command 'chek'; did you mean 'check'?"));
  EXPECT_THAT(refusal({"--devcie", "x"}), HasSubstr("there is no option '--devcie'; did you mean '--device'?"));
  EXPECT_THAT(refusal({"check", "--frm", "x"}), HasSubstr("did you mean '--from'?"));
  EXPECT_THAT(refusal({"snapshot", "--no-redcat"}), HasSubstr("did you mean '--no-redact'?"));
  EXPECT_THAT(refusal({"explain", "iommu-activ"}), HasSubstr("did you mean 'iommu-active'?"));
  EXPECT_THAT(refusal({"--skip", "interrupt"}), HasSubstr("did you mean 'interrupt-remapping'?"));
  EXPECT_THAT(refusal({"groups", "foo"}), HasSubstr("'foo' is too much for 'groups'"));
  EXPECT_THAT(refusal({"check", "--from", "--format", "json"}),
              HasSubstr("--from: needs a value, and '--format' is an option"));
  EXPECT_THAT(refusal({"--root", "--verbose"}), HasSubstr("--root: needs a value, and '--verbose' is an option"));
  EXPECT_THAT(refusal({"zebra"}),
              AllOf(HasSubstr("there is no command 'zebra'"), Not(HasSubstr("mean")), HasSubstr("--device 'zebra'")));
  EXPECT_THAT(refusal({"\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST(Suggestion, ComesForASlipAndNotForAnotherWord) {
  const Words words = {"check", "checks", "explain"};
  EXPECT_EQ(suggestion("EXPLAIN", words), "; did you mean 'explain'?");
  EXPECT_EQ(suggestion("exp", words), "; did you mean 'explain'?");
  EXPECT_EQ(suggestion("zzz", words), "");
  EXPECT_EQ(suggestion("", words), "");
  EXPECT_EQ(suggestion(std::string(100000, 'x'), words), "");
}

// An unset variable of a script: the report would be about another machine, or about no device in particular.
TEST(CommandLine, EmptyValueIsRefused) {
  for (const std::string option : {"--root", "--from", "--sample", "--domain", "--device", "--output"})
    EXPECT_NE(refusal({"--sample", "hm170", option, ""}), "") << option;
  EXPECT_NE(refusal({"verify", ""}), "");
}

TEST(CommandLine, FormatThatTheCommandDoesNotWriteIsRefusedWhereverItStands) {
  EXPECT_THAT(refusal({"--format", "html", "groups"}), HasSubstr("'html' is none of text, json, svg"));
  EXPECT_THAT(refusal({"groups", "--format", "html"}), HasSubstr("'html' is none of text, json, svg"));
  EXPECT_THAT(refusal({"explain", "iommu-active", "--format", "json"}), HasSubstr("'json' is none of text"));
  EXPECT_THAT(run({"--sample", "hm170", "--format", "svg", "groups"}).output, HasSubstr("<svg"));
}

TEST(CommandLine, OptionThatMeansNothingToTheCommandIsRefused) {
  EXPECT_THAT(refusal({"diff", "a", "b", "--device", "03:00.0"}), HasSubstr("--device: means nothing to 'diff'"));
  EXPECT_THAT(refusal({"--fail-on", "warn", "groups"}), HasSubstr("--fail-on: means nothing to 'groups'"));
  EXPECT_THAT(refusal({"--only", "guest-driver"}), HasSubstr("check of a guest"));
}

// libvirt was asked first, and its complaint hid the slip.
TEST(CommandLine, WayToTheGuestIsLookedAtFirst) {
  EXPECT_THAT(refusal({"verify", "fedora", "--via", "telnet"}), HasSubstr("--via is qga or ssh:TARGET"));
}

TEST(CommandLine, WordsMayBeInCapitals) {
  EXPECT_EQ(run({"--sample", "hm170", "--fail-on", "WARN", "--color", "Never"}).exit_code, 1);
  EXPECT_THAT(refusal({"--color", "blue"}), HasSubstr("'blue' is none of always, auto, never"));
}

TEST(CommandLine, HelpIsNotLostSilently) {
  ProcessRequest request;
  request.program = "sh";
  request.arguments = {"-c", std::string(PROGRAM) + " --help >/dev/full"};
  const auto result = run_process(request);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("standard output: No space left on device"));
}

// Containers limit the number of processes, and a thread counts as one. Root is above that limit.
TEST(CommandLine, NeedsNoSecondThread) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can become a user without a process";
  const testing::TemporaryDirectory directory;
  fs::permissions(directory.path(), fs::perms(0755));
  const auto program = directory.path() / "vfio-doctor";
  fs::copy_file(PROGRAM, program);
  ProcessRequest request;
  request.program = "setpriv";
  request.arguments = {"--reuid", "64999", "--clear-groups", "prlimit", "--nproc=1", program.string(), "--sample", "hm170"};
  request.add_environment = {"ASAN_OPTIONS=detect_leaks=0"};  // the sanitizer would need a second process for that
  const auto result = run_process(request);
  if (result.end == ProcessResult::End::not_started) GTEST_SKIP() << result.problem;
  EXPECT_EQ(result.exit_code, 0) << result.errors;
}

TEST(Output, KeepsTheModeOfTheFileItReplaces) {
  const testing::TemporaryDirectory directory;
  const auto file = directory.path() / "report.txt";
  std::ofstream(file) << "old";
  fs::permissions(file, fs::perms(0640));
  EXPECT_EQ(run({"--sample", "hm170", "-o", file.string()}).exit_code, 0);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms(0640));
  EXPECT_EQ(run({"--sample", "none", "-o", file.string()}).exit_code, 2);
  EXPECT_THAT(testing::read_test_file(file.string()), StartsWith("Ready"));
}

TEST(Output, DashIsStandardOutput) {
  EXPECT_THAT(run({"--sample", "hm170", "snapshot", "-o", "-"}).output, StartsWith("\x28\xb5\x2f\xfd"));  // zstd
  EXPECT_THAT(run({"--sample", "hm170", "-o", "-"}).output, StartsWith("Ready"));
}

TEST(Output, ColourThatIsAskedForGoesToAFileToo) {
  const testing::TemporaryDirectory directory;
  const auto file = (directory.path() / "report.txt").string();
  run({"--sample", "hm170", "-o", file, "--color", "always"});
  EXPECT_THAT(testing::read_test_file(file), HasSubstr("\x1b[1;32m"));
  run({"--sample", "hm170", "-o", file});
  EXPECT_THAT(testing::read_test_file(file), Not(HasSubstr("\x1b")));
}

TEST(Input, DashIsStandardInput) {
  const testing::TemporaryDirectory directory;
  const auto manifest = (directory.path() / "card.json").string();
  ASSERT_EQ(run({"--sample", "hm170", "manifest", "03:00.0", "-o", manifest}).exit_code, 0);
  const auto result = run({"verify", "--manifest", manifest, "--evidence", "-", "--format", "json"},
                          "00:05.0 Network controller [0280]: Intel Corporation Wireless 8260 [8086:24f3] (rev 3a)\n");
  EXPECT_EQ(result.errors, "");
  EXPECT_THAT(result.output, AllOf(HasSubstr("standard input"), HasSubstr("2001-09-09T01:46:40Z")));
}

TEST(Input, SnapshotThatIsNoneIsRefused) {
  EXPECT_THAT(refusal({"--from", "/dev/null"}), HasSubstr("/dev/null: empty"));
  const testing::TemporaryDirectory directory;
  const auto report = (directory.path() / "report.json").string();
  ASSERT_EQ(run({"--sample", "hm170", "--format", "json", "-o", report}).exit_code, 0);
  EXPECT_THAT(refusal({"--from", report}), HasSubstr("a report (JSON) cannot be replayed"));
  EXPECT_THAT(refusal({"--from", "/dev/zero"}), HasSubstr("larger than 128 MiB"));
}

// A domain may take more than its XML says; the verdict is about what it says.
TEST(Domain, NotesOfTheDomainStandInTheReport) {
  const testing::TemporaryDirectory directory;
  const auto xml = (directory.path() / "guest.xml").string();
  std::ofstream(xml) << "<domain><name>guest</name><devices><interface type='network'><source network='pool'/></interface>"
                        "<disk type='nvme'><source type='pci' managed='yes' namespace='1'>"
                        "<address domain='0' bus='0x3e' slot='0' function='0'/></source></disk></devices></domain>";
  const auto result = run({"--sample", "hm170", "--domain", xml});
  EXPECT_EQ(result.exit_code, 1) << result.errors;
  EXPECT_THAT(result.output, AllOf(HasSubstr("This host lives on it"), HasSubstr("may take a virtual function from a pool")));
}

// All devices but one looked lost, and the exit code said that something had got worse.
TEST(Diff, RefusesReportsAboutDifferentThings) {
  const testing::TemporaryDirectory directory;
  const auto whole = (directory.path() / "whole.json").string(), one = (directory.path() / "one.json").string();
  const auto guest = (directory.path() / "guest.json").string(), manifest = (directory.path() / "card.json").string();
  run({"--sample", "hm170", "--format", "json", "-o", whole});
  run({"--sample", "hm170", "--device", "03:00.0", "--format", "json", "-o", one});
  run({"--sample", "hm170", "manifest", "03:00.0", "-o", manifest});
  run({"verify", "--manifest", manifest, "--evidence", "-", "--format", "json", "-o", guest},
      "00:05.0 Network controller [0280]: X [8086:24f3]\n");
  EXPECT_THAT(refusal({"diff", whole, one}), HasSubstr("one.json is about chosen devices"));
  EXPECT_THAT(refusal({"diff", whole, guest}), HasSubstr("the other about a guest"));
  EXPECT_EQ(run({"diff", one, one}).exit_code, 0);
}

/// "--device", ...: the options in the --help of the program or of a command.
std::set<std::string> options_in_help(const Words& arguments) {
  std::set<std::string> found;
  const auto help = run(arguments).output;
  for (const auto line : split_lines(help)) {
    if (!trim(line).starts_with('-')) continue;
    const auto at = line.find("--");
    if (at != line.npos) found.emplace(line.substr(at, line.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at) - at));
  }
  return found;
}

std::set<std::string> all_options() {
  auto all = options_in_help({"--help"});
  for (const auto& command : all_commands) all.merge(options_in_help({command, "--help"}));
  return all;
}

std::string project_file(const std::string& path) { return testing::read_test_file(std::string(TESTS_DIR) + "/../" + path); }

TEST(Help, HasExamplesForEveryCommand) {
  for (const auto& command : all_commands)
    EXPECT_THAT(run({command, "--help"}).output, AllOf(HasSubstr("Examples:\n"), HasSubstr("  vfio-doctor " + command)))
        << command;
}

TEST(Completions, KnowEveryCommandAndOption) {
  const auto options = all_options();
  ASSERT_GT(options.size(), 20u);
  for (const std::string shell : {"bash", "fish", "zsh"}) {
    const auto text = project_file("completions/vfio-doctor." + shell);
    for (const auto& option : options)
      EXPECT_THAT(text, HasSubstr(shell == "fish" ? "-l " + option.substr(2) : option)) << shell;
    for (const auto& command : all_commands) EXPECT_THAT(text, HasSubstr(command)) << shell;
    EXPECT_THAT(text, HasSubstr("hm170")) << shell;
  }
}

TEST(Manual, KnowsEveryCommandAndOption) {
  auto text = project_file("docs/man/vfio-doctor.1");
  std::erase(text, '\\');
  for (const auto& option : all_options()) EXPECT_THAT(text, HasSubstr(option));
  for (const auto& command : all_commands) EXPECT_THAT(text, HasSubstr(command));
}

TEST(BashCompletion, CompletesWhatBashTakesApart) {
  const auto completed = [](const std::string& line) {
    ProcessRequest request;
    request.program = "bash";
    request.arguments =
        {"--norc",
         "-c",
         "source \"$1\"; COMP_WORDBREAKS=$' \\t\\n=:'; COMP_LINE=$2; COMP_POINT=${#2}; _vfio_doctor; echo \"${COMPREPLY[*]}\"",
         "bash",
         std::string(TESTS_DIR) + "/../completions/vfio-doctor.bash",
         line};
    const auto directory = fs::path(PROGRAM).parent_path().string();
    request.add_environment = {"PATH=" + directory + ":/usr/bin:/bin"};
    return std::string(trim(run_process(request).output));
  };
  EXPECT_EQ(completed("vfio-doctor ch"), "check checks");
  EXPECT_EQ(completed("vfio-doctor --format=js"), "json");
  EXPECT_EQ(completed("vfio-doctor --format "), "text json html markdown junit sarif prometheus nfd");
  EXPECT_EQ(completed("vfio-doctor groups --format s"), "svg");
  EXPECT_EQ(completed("vfio-doctor --only iommu-active,group-e"), "iommu-active,group-exists");
  EXPECT_EQ(completed("vfio-doctor explain guest-dr"), "guest-driver");
  EXPECT_EQ(completed("vfio-doctor verify --via ss"), "ssh:");
  EXPECT_EQ(completed("vfio-doctor verify --via ssh:"), "");
  EXPECT_EQ(completed("vfio-doctor"), "");
}

// A report about a protected device ends with "Why a check matters: vfio-doctor explain verdict".
TEST(Explain, KnowsEveryIdThatAReportNames) {
  const auto report = run({"--sample", "hm170", "--device", "3e:00.0"}).output;
  EXPECT_THAT(report, HasSubstr("vfio-doctor explain verdict"));
  EXPECT_THAT(run({"explain", "verdict"}).output, HasSubstr("# How verdicts come about"));
  EXPECT_EQ(run({"explain", "plugin"}).exit_code, 0);
}

TEST(Explain, FitsATerminal) {
  const auto checks = run({"checks"}).output;
  for (const auto line : split_lines(checks)) {
    if (!line.starts_with("  ")) continue;
    const std::string id(split_words(line).front());
    const auto page = run({"explain", id}).output;
    for (const auto page_line : split_lines(page)) {
      const bool is_command = page_line.starts_with("    ");
      EXPECT_TRUE(is_command || page_line.size() <= 80) << id << ": " << page_line;
    }
  }
}

}  // namespace
}  // namespace vfio_doctor
