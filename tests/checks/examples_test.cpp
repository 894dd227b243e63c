// SPDX-License-Identifier: GPL-2.0-or-later
// Every check ships machines it must judge: tests/checks/examples/ID/STATUS[-WHAT].machine, where STATUS is the worst
// status the check must give on that machine. Each needs at least one that passes and one that fails or warns.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "checks/check.hpp"
#include "checks/example_status.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using testing::status_in_name;
using testing::worst_status;

struct Example {
  const Check* check;
  std::string path;    // below tests/
  std::string status;  // from the file name
};

std::vector<fs::path> machines_of(const Check& check) {
  std::vector<fs::path> found;
  const auto directory = fs::path(TESTS_DIR) / "checks/examples" / check.id;
  if (fs::exists(directory))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.path().extension() == ".machine") found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

TEST(Examples, EveryCheckHasAPassingAndAFailingMachine) {
  for (const auto& check : all_checks()) {
    int passing = 0, failing = 0;
    for (const auto& path : machines_of(check)) {
      const auto status = status_in_name(path);
      passing += status == "pass";
      failing += status == "fail" || status == "warn";
    }
    EXPECT_GT(passing, 0) << check.id << ": no tests/checks/examples/" << check.id << "/pass*.machine";
    EXPECT_GT(failing, 0) << check.id << ": no tests/checks/examples/" << check.id << "/fail*.machine or warn*.machine";
  }
}

TEST(Examples, EveryMachineIsJudgedAsItsNameSays) {
  for (const auto& check : all_checks()) {
    for (const auto& path : machines_of(check)) {
      SCOPED_TRACE(path.string());
      const auto host = gather_host(testing::machine_file(path.string()));
      const auto findings = run_check(check, host);
      std::string said;
      for (const auto& finding : findings)
        said += "\n  " + std::string(to_text(finding.status)) + " " + finding.subject + ": " + finding.summary;
      EXPECT_EQ(worst_status(findings), status_in_name(path)) << "the check said:" << said;
      for (const auto& finding : findings) {
        EXPECT_EQ(finding.id, check.id);
        EXPECT_FALSE(finding.summary.empty());
        if (finding.status == Status::fail) {
          EXPECT_FALSE(finding.evidence.empty()) << "a fail shows its evidence";
        }
      }
    }
  }
}

TEST(Examples, EveryPageHasItsSections) {
  for (const auto& check : all_checks())
    for (const auto* section : {"## What it checks", "## Why it matters", "## What unknown means",
                                "## Remedy and its risk", "## References"})
      EXPECT_NE(check.page.find(section), std::string_view::npos) << check.id << " lacks '" << section << "'";
}

}  // namespace
}  // namespace vfio_doctor
