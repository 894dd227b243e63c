// SPDX-License-Identifier: GPL-2.0-or-later
// Every check's remedies are steps of a plan, or the table says why they cannot be.
#include <gmock/gmock.h>

#include <filesystem>
#include <set>
#include <string>

#include "base/input_error.hpp"
#include "plan/treatments.hpp"
#include "plans.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {
namespace {

using namespace testing;

std::set<std::string> rows() {
  std::set<std::string> ids;
  for (const auto& row : treatments()) ids.insert(row.id);
  return ids;
}

/// Whether a remedy of what the check finds on one of its example machines has commands.
bool has_commands(const Check& check) {
  const auto directory = std::filesystem::path(TESTS_DIR) / "checks/examples" / check.id;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() != ".machine") continue;
    const auto text = read_test_file(entry.path().string());
    for (const auto& finding : run_check(check, gather_host(MemoryRoot(parse_machine_text(text, "test")))))
      for (const auto& remedy : finding.remedy)
        if (!remedy.commands.empty()) return true;
  }
  return false;
}

TEST(Treatments, EachIsOfACheck) {
  std::set<std::string> ids = {std::string(verdict_finding_id)};
  for (const auto& check : all_checks()) ids.emplace(check.id);
  for (const auto& check : all_domain_checks()) ids.emplace(check.id);
  for (const auto& id : rows()) EXPECT_TRUE(ids.contains(id)) << id;
}

/// Of a check whose remedies have none a plan can only repeat the words, which is what it does without a row.
TEST(Treatments, EachCheckWithCommandsHasOne) {
  const auto known = rows();
  for (const auto& check : all_checks()) EXPECT_TRUE(known.contains(std::string(check.id)) || !has_commands(check)) << check.id;
  for (const auto& check : all_domain_checks()) EXPECT_TRUE(known.contains(std::string(check.id))) << check.id;
  EXPECT_TRUE(known.contains(std::string(verdict_finding_id)));
}

TEST(Treatments, RubbishIsRefused) {
  EXPECT_THROW(parse_treatments("iommu-active\tnothing\twhy\n", "t"), InputError);
  EXPECT_THROW(parse_treatments("iommu-active\tnote\n", "t"), InputError);
  EXPECT_THROW(parse_treatments("a\tnote\twhy\na\tnote\twhy\n", "t"), InputError);
}

TEST(Treatments, AnUnknownCheckIsTold) { EXPECT_EQ(treatment_of("of-a-plugin"), Treatment::note); }

}  // namespace
}  // namespace vfio_doctor
