// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words and half agreements on which a proof hangs.
#include <cstdint>

#include <gmock/gmock.h>

#include "checks/guest/fit.hpp"
#include "checks/guest/rungs.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

/// A listing without bridges shows only the last step: it may be the place where both slot and function agree.
TEST(Fit, OneHalfOfTheLastStepIsNotThePlace) {
  const auto manifest = parse_manifest(replaced(nvme_manifest, "02.1/00.0", "02.1/03.2"), "manifest");
  GuestFunction seen;
  const auto place_at = [&](const char* address) {
    seen.address = *PciAddress::parse(address);
    return same_place(manifest.devices.front(), seen);
  };
  EXPECT_EQ(place_at("0000:05:03.2"), Agreement::unknown);
  EXPECT_EQ(place_at("0000:05:03.1"), Agreement::different);
  EXPECT_EQ(place_at("0000:05:04.2"), Agreement::different);
  EXPECT_EQ(place_at("0000:05:04.1"), Agreement::different);
  seen.has_address = false;
  EXPECT_EQ(place_at("0000:05:04.1"), Agreement::unknown);
}

TEST(ProblemCodes, OneThatIsNotToldIsSaidWithoutANumber) {
  const auto* unnamed = find_problem_code(GuestFunction::unnamed_problem);
  ASSERT_TRUE(unnamed);
  EXPECT_EQ(problem_text(*unnamed), "Windows says: it has a problem, which the listing does not name.");
  const auto* cannot_start = find_problem_code(10);
  ASSERT_TRUE(cannot_start);
  EXPECT_EQ(problem_text(*cannot_start), "Windows says: the device cannot start (code 10).");
}

/// Another device that fits just as well: what was seen proves the ids of one of them, not that it is the card.
TEST(Identity, ALookAlikeBesideItIsNoProof) {
  DeviceLadder ladder;
  const auto manifest = parse_manifest(nvme_manifest, "manifest");
  const auto view = gather_guest(machine(nvme_guest));
  ladder.expected = &manifest.devices.front();
  for (const auto& function : view.functions.value())
    if (function.id.vendor.is(0x144d)) ladder.seen = &function;
  ASSERT_TRUE(ladder.seen);
  EXPECT_EQ(judge_identity(ladder).status, Status::pass);
  ladder.alternatives = Alternatives::with_others;
  EXPECT_EQ(judge_identity(ladder).status, Status::unknown);
  EXPECT_THAT(judge_identity(ladder).summary, HasSubstr("cannot be told apart"));
  ladder.alternatives = Alternatives::among_expected;
  EXPECT_EQ(judge_identity(ladder).status, Status::warn);
}

TEST(Identity, WhatWasNotSeenOfItIsNoProof) {
  const auto manifest = parse_manifest(nvme_manifest, "manifest");
  auto view = gather_guest(machine(nvme_guest));
  DeviceLadder ladder;
  ladder.expected = &manifest.devices.front();
  for (auto& function : view.functions.value()) {
    if (!function.id.vendor.is(0x144d)) continue;
    function.id.subsystem_vendor = Observed<std::uint16_t>::unreadable("the listing does not show it");
    ladder.seen = &function;
  }
  ASSERT_TRUE(ladder.seen);
  EXPECT_EQ(judge_identity(ladder).status, Status::unknown);
  EXPECT_THAT(judge_identity(ladder).summary, HasSubstr("not seen: subsystem"));
}

}  // namespace
}  // namespace vfio_doctor
