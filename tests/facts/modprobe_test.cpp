// SPDX-License-Identifier: GPL-2.0-or-later
// modprobe.d is read as kmod reads it: tried against kmod itself on generated files.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/process/subprocess.hpp"
#include "base/text.hpp"
#include "facts/iommu/modprobe.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(const std::string& file) {
  std::vector<std::string> texts;
  for (const auto& line : parse_modprobe(file, "f")) texts.push_back(line.text());
  return texts;
}

TEST(Modprobe, LinesAsKmodTakesThem) {
  EXPECT_THAT(texts("options vfio-pci ids=1\n"), ElementsAre("options vfio_pci ids=1"));
  EXPECT_THAT(texts("options vfio-pci \\\nids=1\n"), ElementsAre("options vfio_pci ids=1"));
  EXPECT_THAT(texts("#options a b=1 \\\noptions c d=1\n"), ElementsAre()) << "the comment goes on";
  EXPECT_THAT(texts("options a\nblacklist\nsoftdep a\nsomething a b\n"), ElementsAre());
  EXPECT_THAT(texts("  \tblacklist\tnou-veau  x\n"), ElementsAre("blacklist nou_veau"));
}

TEST(Modprobe, TheKernelSplitsParameters) {
  ModprobeConfig config;
  config.lines = parse_modprobe("options v a=\"1,2 3\" b c=4\noptions v a=5\n", "f");
  const auto options = config.options("v");
  ASSERT_EQ(options.size(), 4u);
  EXPECT_EQ(options[0].value, "1,2 3");
  EXPECT_FALSE(options[1].value.has_value());
  EXPECT_EQ(config.last("v", "a")->value, "5");
  EXPECT_EQ(config.last("v", "a")->file, "f:2");
}

TEST(Modprobe, FilesByNameAndWeight) {
  const auto config =
      gather_modprobe(testing::machine("text /usr/lib/modprobe.d/b.conf = options v a=1\n"
                                       "text /etc/modprobe.d/b.conf = options v a=2\n"
                                       "text /etc/modprobe.d/a.conf = options v a=3\n"
                                       "text /etc/modprobe.d/.c.conf = options v a=4\n"
                                       "text /etc/modprobe.d/d.txt = options v a=5\n"
                                       "text /etc/modprobe.d/e-conf = options v a=6\n"));
  ASSERT_EQ(config.lines.size(), 2u);
  EXPECT_EQ(config.lines[0].rest, "a=3");
  EXPECT_EQ(config.lines[1].rest, "a=2");
}

/// kmod prints a softdep from what it made of it, not as it stands in the file: its module is compared alone.
std::string comparable(const std::string& line) {
  return line.starts_with("softdep ") ? line.substr(0, line.find(' ', 8)) : line;
}

/// What kmod prints, of the commands that are kept here; `--showconfig` also prints the kernel's command line.
std::vector<std::string> kmod_says(const std::string& directory) {
  ProcessRequest request;
  request.program = "modprobe";
  request.arguments = {"--showconfig", "-C", directory};
  request.deadline = std::chrono::seconds(60);
  request.most_output = 64 << 20;
  const auto result = run_process(request);
  EXPECT_EQ(result.end, ProcessResult::End::exited) << result.problem;
  const auto& output = result.output;
  std::vector<std::string> lines;
  for (const auto line : split_lines(output))
    for (const std::string_view command : {"options ", "blacklist ", "softdep ", "install ", "remove "})
      if (line.starts_with(command)) lines.push_back(comparable(std::string(line)));
  return lines;
}

std::vector<std::string> without(std::vector<std::string> lines, const std::vector<std::string>& others) {
  for (const auto& other : others)
    if (const auto found = std::ranges::find(lines, other); found != lines.end()) lines.erase(found);
  std::ranges::sort(lines);
  return lines;
}

/// Pieces that matter to the reader, put together at random.
std::string generated(std::mt19937& random) {
  static constexpr std::string_view pieces[] = {"options",  "blacklist", "install",    "remove", "softdep",
                                                "#",        " ",         " ",          "\t",     "\n",
                                                "\n",       "\\\n",      "\\",         "\"",     "vfio-pci",
                                                "vfio_pci", "nou-veau",  "ids=1:2",    "ids=3",  ",",
                                                "a=1 b=2",  "pre: v",    "/bin/false", "=",      "options v a=1\n",
                                                "\\x",      "b-c"};
  std::string text;
  for (auto count = random() % 40; count > 0; --count) text += pieces[random() % std::size(pieces)];
  return text + (random() % 4 == 0 ? "" : "\n");
}

TEST(Modprobe, AgreesWithKmodOnGeneratedFiles) {
  if (access("/sbin/modprobe", X_OK) != 0 && access("/usr/sbin/modprobe", X_OK) != 0)
    GTEST_SKIP() << "modprobe is not installed";
  // Each process reads many files: a marker of its own before each keeps them apart, and directories keep the order.
  const char* wish = std::getenv("MODPROBE_FILES");
  const unsigned files = wish ? static_cast<unsigned>(std::stoul(wish)) : 2000;
  constexpr unsigned in_one_go = 200;
  std::mt19937 random(20);
  const testing::TemporaryDirectory empty;
  const auto of_the_kernel = kmod_says(empty.path());  // options on this machine's command line
  for (unsigned done = 0; done < files; done += in_one_go) {
    const testing::TemporaryDirectory directory;
    std::vector<std::string> expected;
    std::vector<std::string> all;
    for (unsigned i = 0; i < in_one_go; ++i) {
      char name[32];
      std::snprintf(name, sizeof name, "%05u.conf", i);
      auto text = generated(random);
      if (text.ends_with('\\')) text += '\n';  // there kmod 30 takes the end of the file for a character
      std::ofstream(std::filesystem::path(directory.path()) / name) << text;
      all.push_back(text);
      for (const auto& line : parse_modprobe(text, name))
        if (line.command != "alias") expected.push_back(comparable(line.text()));
    }
    auto said = without(kmod_says(directory.path()), of_the_kernel);
    std::ranges::sort(expected);
    std::ranges::sort(said);
    if (expected == said) continue;
    // Which file it is.
    for (unsigned i = 0; i < in_one_go; ++i) {
      const testing::TemporaryDirectory alone;
      std::ofstream(std::filesystem::path(alone.path()) / "a.conf") << all[i];
      std::vector<std::string> one;
      for (const auto& line : parse_modprobe(all[i], "a.conf"))
        if (line.command != "alias") one.push_back(comparable(line.text()));
      auto two = kmod_says(alone.path());
      std::ranges::sort(one);
      std::ranges::sort(two);
      ASSERT_EQ(one, without(two, of_the_kernel)) << "file:\n" << all[i];
    }
    FAIL() << "together they are not what each is alone";
  }
}

}  // namespace
}  // namespace vfio_doctor
