// SPDX-License-Identifier: GPL-2.0-or-later
// Every check's remedies are steps of a plan, or the table says why they cannot be.
#include <gmock/gmock.h>

#include <set>

#include "base/input_error.hpp"
#include "plan/treatments.hpp"
#include "plans.hpp"
#include "verdicts/verdict.hpp"

namespace vfio_doctor {
namespace {

using namespace testing;

TEST(Treatments, EachCheckHasOneAndEachIsACheck) {
  std::set<std::string> ids = {std::string(verdict_finding_id)};
  for (const auto& check : all_checks()) ids.emplace(check.id);
  for (const auto& check : all_domain_checks()) ids.emplace(check.id);
  std::set<std::string> rows;
  for (const auto& row : treatments()) rows.insert(row.id);
  EXPECT_EQ(ids, rows);
}

TEST(Treatments, RubbishIsRefused) {
  EXPECT_THROW(parse_treatments("iommu-active\tnothing\twhy\n", "t"), InputError);
  EXPECT_THROW(parse_treatments("iommu-active\tnote\n", "t"), InputError);
  EXPECT_THROW(parse_treatments("a\tnote\twhy\na\tnote\twhy\n", "t"), InputError);
}

TEST(Treatments, AnUnknownCheckIsTold) { EXPECT_EQ(treatment_of("of-a-plugin"), Treatment::note); }

}  // namespace
}  // namespace vfio_doctor
