// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "machines.hpp"
#include "reports/all_formats.hpp"

namespace vfio_doctor::testing {
namespace {

struct GoldenCase {
  NamedReport report;
  Format format;
};

/// How GoogleTest names the parameter; it would print its bytes.
void PrintTo(const GoldenCase& golden, std::ostream* out) { *out << golden.report.name << " as " << golden.format.name; }

std::vector<GoldenCase> golden_cases() {
  std::vector<GoldenCase> cases;
  for (const NamedReport& report : golden_reports())
    for (const Format& format : all_formats()) cases.push_back({report, format});
  return cases;
}

std::string golden_path(const GoldenCase& golden) {
  return std::string(TESTS_DIR) + "/reports/golden/" + golden.report.name + ".exit" +
         std::to_string(exit_code(golden.report.report.verdict)) + "." + golden.format.extension;
}

class Golden : public ::testing::TestWithParam<GoldenCase> {};

/// With UPDATE_GOLDEN=1 in the environment the files are written anew: read the difference before it is
/// committed.
TEST_P(Golden, IsWrittenAsBefore) {
  const std::string path = golden_path(GetParam());
  const std::string rendered = GetParam().format.render(GetParam().report.report);
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::binary) << rendered;
  ASSERT_TRUE(std::filesystem::exists(path)) << path << ": write it with UPDATE_GOLDEN=1";
  EXPECT_EQ(rendered, read_test_file(path)) << path;
}

INSTANTIATE_TEST_SUITE_P(Reports, Golden, ::testing::ValuesIn(golden_cases()), [](const auto& test) {
  std::string name = test.param.report.name + "_" + test.param.format.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(GoldenFiles, NoneIsLeftOver) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(std::string(TESTS_DIR) + "/reports/golden"))
    ++count;
  EXPECT_EQ(count, golden_cases().size());
}

}  // namespace
}  // namespace vfio_doctor::testing
