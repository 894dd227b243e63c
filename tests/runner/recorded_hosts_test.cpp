// SPDX-License-Identifier: GPL-2.0-or-later
//
// tests/hosts holds virtual hosts that the lab recorded: NAME.machine is what the program read there, NAME.verdicts what
// it concluded, proven against the kernel of that host. Replaying a host must give the same verdicts.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "runner/commands/examine.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> recorded_hosts() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(TESTS_DIR) / "hosts"))
    if (entry.path().extension() == ".verdicts") names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::string verdicts(const Report& report) {
  std::string text = "host " + std::string(to_text(report.verdict)) + "\n";
  for (const auto& device : report.devices) {
    text += device.address.text() + " " + std::string(to_text(device.verdict));
    for (const auto& companion : device.companions) text += " " + companion.text();
    text += "\n";
  }
  return text;
}

std::string text_of(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

class RecordedHost : public ::testing::TestWithParam<std::string> {};

TEST_P(RecordedHost, GetsTheVerdictsThatItsKernelConfirmed) {
  const fs::path directory = fs::path(TESTS_DIR) / "hosts";
  Options options;
  options.source.from = (directory / (GetParam() + ".machine")).string();
  EXPECT_EQ(text_of(directory / (GetParam() + ".verdicts")), verdicts(examine(options)));
}

INSTANTIATE_TEST_SUITE_P(Lab, RecordedHost, ::testing::ValuesIn(recorded_hosts()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace vfio_doctor
