// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "checks/check.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

/// Groups whose rules no verdict rests on by default: what they cannot see is told once and quietly.
constexpr std::array<std::string_view, 9> groups = {"binding", "room",   "reset", "graphics", "sriov",
                                                    "memory",  "access", "trust", "log"};

TEST(QuietUnknown, OfAHostThatWasNotAsked) {
  const auto host = gather_host(MemoryRoot(parse_machine_text("recorded by 0 (format 2)\n", "empty")));
  for (const auto& check : all_checks()) {
    if (std::ranges::find(groups, check.group) == groups.end()) continue;
    const auto findings = run_check(check, host);
    ASSERT_EQ(findings.size(), 1u) << check.id;
    EXPECT_NE(findings[0].status, Status::pass) << check.id << ": " << findings[0].summary;
    EXPECT_TRUE(findings[0].quiet || findings[0].status == Status::not_applicable) << check.id << ": " << findings[0].summary;
  }
}

}  // namespace
}  // namespace vfio_doctor
