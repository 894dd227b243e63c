// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "plan/after.hpp"
#include "plans.hpp"
#include "reports/plan/plan_report.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace testing;

PlanOutcome compare(const Plan& before, const std::string& machine_text) {
  const auto host = gather_host(machine(machine_text));
  return compare_with_plan(host, all_findings(host), before, plan_on(host, want({"02:00.0"})));
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  text.replace(text.find(what), what.size(), with);
  return text;
}

TEST(PlanAfter, WhatTookEffectIsSaid) {
  const auto outcome = compare(plan_on(usual_host(false), want({"02:00.0"})), usual_host());
  EXPECT_EQ(outcome.reached, Reached::yes);
  ASSERT_EQ(outcome.steps.size(), 1u);
  EXPECT_EQ(outcome.steps[0].id, "kernel-arguments");
  EXPECT_THAT(outcome.notes, Contains(HasSubstr("bind-0000:02:00.0")));
  EXPECT_EQ(schema_violations(nlohmann::json::parse(render_outcome_json(outcome)), "docs/schema/plan-outcome-1.json"), "");
}

TEST(PlanAfter, WhatDidNotIsSaidWithWhy) {
  const auto outcome = compare(plan_on(usual_host(false), want({"02:00.0"})),
                               usual_host(false) +
                                   "file /etc/default/grub.d/90-intel_iommu.cfg\n| "
                                   "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT intel_iommu=on\"\n");
  EXPECT_EQ(outcome.reached, Reached::no);
  ASSERT_EQ(outcome.steps.size(), 1u);
  EXPECT_THAT(outcome.steps[0].seen, Contains(HasSubstr("not on the running command line")));
  EXPECT_THAT(outcome.steps[0].why, Contains(HasSubstr("command-line-drift: ")));
  EXPECT_THAT(render_outcome_text(outcome, {}), HasSubstr("did NOT take effect"));
  EXPECT_EQ(exit_code(outcome.reached), 1);
}

TEST(PlanAfter, ADeviceThatIsGoneDidNot) {
  const auto before = plan_on(usual_host(), want({"02:00.0"}));
  const auto outcome = compare(before, replaced(usual_host(), "pci 02:00.0", "pci 07:00.0"));
  EXPECT_EQ(outcome.reached, Reached::no);
  EXPECT_THAT(outcome.steps.back().seen, Contains(HasSubstr("there is no such function")));
}

TEST(PlanAfter, WhatCannotBeSeenIsNotKnown) {
  const auto before = plan_on(usual_host(), want({"02:00.0"}));
  const auto host = gather_host(MemoryRoot(parse_machine_text("text /proc/version = x\n", "empty")));
  const auto outcome = compare_with_plan(host, {}, before, Plan());
  EXPECT_EQ(outcome.reached, Reached::unknown);
  EXPECT_EQ(exit_code(outcome.reached), 3);
}

}  // namespace
}  // namespace vfio_doctor
