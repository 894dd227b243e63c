// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first minutes with the program: what people type before they have read anything.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/printable.hpp"
#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "machines.hpp"
#include "runner/commands/help_text.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Words = std::vector<std::string>;

ProcessResult run(const Words& arguments) {
  ProcessRequest request;
  request.program = PROGRAM;
  request.arguments = arguments;
  request.most_output = 8 << 20;
  return run_process(request);
}

std::string refusal(const Words& arguments) {
  const auto result = run(arguments);
  EXPECT_EQ(result.exit_code, 2) << join(arguments, " ");
  EXPECT_EQ(std::ranges::count(result.errors, '\n'), 1) << result.errors;
  return result.errors;
}

/// On a terminal as wide as `columns`: what the program shows a person. script(1) makes the terminal.
std::string on_a_terminal(const std::string& arguments, unsigned columns) {
  ProcessRequest request;
  request.program = "script";
  request.arguments = {"-qec", "stty cols " + std::to_string(columns) + "; " PROGRAM " " + arguments, "/dev/null"};
  request.most_output = 8 << 20;
  request.add_environment = {"TERM=xterm", "NO_COLOR=1"};
  auto text = run_process(request).output;
  std::erase(text, '\r');
  return text;
}

TEST(FirstContact, DeviceNeedsNoOption) {
  for (const Words& words :
       {Words{"03:00.0"}, Words{"check", "03:00.0"}, Words{"wifi"}, Words{"3:0.0"}, Words{"pci_0000_03_00_0"}}) {
    Words arguments = {"--sample", "hm170"};
    arguments.insert(arguments.end(), words.begin(), words.end());
    EXPECT_THAT(run(arguments).output, StartsWith("Ready: 0000:03:00.0 can be given")) << join(words, " ");
  }
  EXPECT_THAT(refusal({"--sample", "hm170", "acme"}), HasSubstr("if it is a device: vfio-doctor --device 'acme'"));
  EXPECT_THAT(refusal({"03:00.0", "--devcie"}), HasSubstr("there is no option '--devcie'"));
  EXPECT_THAT(refusal({"groups", "03:00.0"}), HasSubstr("'03:00.0' is too much for 'groups'"));
}

TEST(FirstContact, HelpAndVersionAreCommandsAsWell) {
  EXPECT_EQ(run({"help"}).output, run({"--help"}).output);
  EXPECT_THAT(run({"help", "verify"}).output, HasSubstr("vfio-doctor verify [OPTIONS]"));
  EXPECT_THAT(refusal({"help", "vrify"}), HasSubstr("there is no command 'vrify'"));
  const auto version = run({"--version"}).output;
  EXPECT_THAT(version, AllOf(StartsWith("vfio-doctor "), HasSubstr("libpci "), HasSubstr("vfio-doctor/snapshot/")));
  EXPECT_EQ(run({"-V"}).output, version);
  EXPECT_EQ(run({"version"}).output, version);
}

TEST(FirstContact, ErrorNamesTheHelpThatKnowsMore) {
  EXPECT_THAT(refusal({"explain"}), EndsWith("(see 'vfio-doctor explain --help')\n"));
  EXPECT_THAT(refusal({"chek"}), EndsWith("(see 'vfio-doctor --help')\n"));
  EXPECT_THAT(refusal({"--from", "/etc/passwd"}), HasSubstr("/etc/passwd: neither a snapshot, nor"));
}

TEST(FirstContact, FormatComesFromTheNameOfTheFile) {
  const testing::TemporaryDirectory directory;
  const auto written = [&directory](const Words& more, const std::string& name) {
    Words arguments = {"--sample", "hm170"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"-o", (directory.path() / name).string()});
    EXPECT_EQ(run(arguments).exit_code, 0) << name;
    return testing::read_test_file((directory.path() / name).string());
  };
  EXPECT_THAT(written({}, "r.html"), StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(written({}, "r.json"), StartsWith("{"));
  EXPECT_THAT(written({}, "r.MD"), StartsWith("#"));
  EXPECT_THAT(written({}, "r.xml"), HasSubstr("<testsuite"));
  EXPECT_THAT(written({}, "r.sarif"), HasSubstr("sarif"));
  EXPECT_THAT(written({"groups"}, "g.svg"), HasSubstr("<svg"));
  EXPECT_THAT(written({"--format", "json"}, "other.html"), StartsWith("{")) << "what was asked for counts";
  EXPECT_THAT(written({}, "report.text"), StartsWith("Ready"));
  EXPECT_THAT(written({"groups"}, "g.html"), Not(HasSubstr("<"))) << "not a format of this command";
  EXPECT_THAT(written({}, "json"), StartsWith("Ready")) << "a name, no ending";
  EXPECT_EQ(run({"--sample", "hm170", "--json"}).output.substr(0, 1), "{");
  EXPECT_EQ(run({"checks", "--json"}).output.substr(0, 1), "[");
}

TEST(FirstContact, PluginDirectoryTakesOneValue) {
  const testing::TemporaryDirectory directory;
  const auto place = directory.path().string();
  EXPECT_EQ(run({"explain", "--plugin-dir", place, "iommu-active"}).exit_code, 0);
  EXPECT_EQ(run({"--sample", "hm170", "manifest", "--plugin-dir", place, "03:00.0"}).exit_code, 0);
}

TEST(FirstContact, HelpFitsTheTerminal) {
  for (const unsigned columns : {60U, 80U, 100U})
    for (const std::string command : {"", "check", "groups", "verify", "manifest", "snapshot", "explain", "diff"}) {
      const auto help = on_a_terminal(command + " --help", columns);
      if (help.empty()) GTEST_SKIP() << "script(1) is missing";
      ASSERT_THAT(help, HasSubstr("--help"));
      // An example is copied whole; nothing else is wider than the terminal.
      for (const auto line : split_lines(help))
        EXPECT_TRUE(text_width(line) <= columns || trim(line).starts_with("vfio-doctor ")) << columns << ": " << line;
    }
}

TEST(FirstContact, ListsFitTheTerminal) {
  for (const std::string command : {"checks", "plugins"}) {
    const auto list = on_a_terminal(command, 60);
    if (list.empty()) GTEST_SKIP() << "script(1) is missing";
    for (const auto line : split_lines(list)) EXPECT_LE(text_width(line), 60U) << line;
  }
  EXPECT_THAT(run({"plugins"}).output, HasSubstr("/etc/vfio-doctor/checks.d, /usr/local/lib/vfio-doctor/checks.d, /usr/lib"));
}

/// Nothing of a list is cut, however narrow the terminal: each id, and the words of each title in their order.
TEST(FirstContact, ListsAreWholeAtEveryWidth) {
  const auto words_of = [](const std::string& text) {
    std::string words;
    for (const auto line : split_lines(text))
      for (const auto word : split_words(line)) words += std::string(word) + " ";
    return words;
  };
  for (const std::string command : {"checks", "plugins"}) {
    const std::string whole = words_of(run({command}).output);
    for (const unsigned columns : {40U, 60U, 80U, 200U}) {
      const auto list = on_a_terminal(command, columns);
      if (list.empty()) GTEST_SKIP() << "script(1) is missing";
      EXPECT_EQ(words_of(list), whole) << columns;
      for (const auto line : split_lines(list)) EXPECT_LE(text_width(line), columns) << line;
    }
  }
}

TEST(FirstContact, ColoursAreForTerminalsAlone) {
  const std::string escape = "\x1b[";
  for (const Words& words : {Words{"--sample", "hm170"}, Words{"checks"}, Words{"groups", "--sample", "hm170"}})
    EXPECT_THAT(run(words).output, Not(HasSubstr(escape))) << words.front();
  ProcessRequest request;
  request.program = "script";
  request.arguments = {"-qec", PROGRAM " --sample hm170", "/dev/null"};
  request.most_output = 8 << 20;
  request.add_environment = {"TERM=xterm"};
  const auto shown = run_process(request).output;
  if (shown.empty()) GTEST_SKIP() << "script(1) is missing";
  EXPECT_THAT(shown, HasSubstr(escape));
  EXPECT_THAT(on_a_terminal("--sample hm170", 80), Not(HasSubstr(escape))) << "NO_COLOR";
  EXPECT_THAT(run({"--sample", "hm170", "--color", "always"}).output, HasSubstr(escape)) << "asked for by name";
}

TEST(HelpText, ContinuesInItsOwnColumn) {
  EXPECT_EQ(wrap_help("  --root DIR    A directory that looks like the root of a machine\n", 50),
            "  --root DIR    A directory that looks like the\n"
            "                root of a machine\n");
  EXPECT_EQ(wrap_help("  --a-rather-long-option-name VALUE    What it does is told here below it\n", 40),
            "  --a-rather-long-option-name VALUE\n        What it does is told here below\n        it\n");
  EXPECT_EQ(wrap_help("short\n\nlines\n", 40), "short\n\nlines\n");
}

TEST(Explain, KnowsTheWordsOfEveryReport) {
  for (const std::string word :
       {"assignable", "with-companions", "protected", "blocked", "unsuitable", "undetermined", "verdict"})
    EXPECT_THAT(run({"explain", word}).output, HasSubstr("**" + (word == "verdict" ? "assignable" : word) + "**")) << word;
}

TEST(Explain, IsRenderedOnATerminal) {
  for (const unsigned columns : {60U, 200U}) {
    const auto page = on_a_terminal("explain iommu-arguments", columns);
    if (page.empty()) GTEST_SKIP() << "script(1) is missing";
    EXPECT_THAT(page, AllOf(HasSubstr("\nWhat it checks\n"), Not(HasSubstr("#")), Not(HasSubstr("`"))));
    for (const auto line : split_lines(page))
      EXPECT_TRUE(line.starts_with("    ") || text_width(line) <= std::min(columns, 100U)) << line;
  }
  EXPECT_THAT(run({"explain", "iommu-arguments"}).output, StartsWith("# ")) << "to a file or pipe it stays Markdown";
}

}  // namespace
}  // namespace vfio_doctor
