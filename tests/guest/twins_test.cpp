// SPDX-License-Identifier: GPL-2.0-or-later
// Twins and emulated look-alikes.
#include <gmock/gmock.h>

#include <string>

#include "checks/guest/ladder.hpp"
#include "guest/guest_machines.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;

std::string twins_guest(bool second) {
  std::string guest =
      "pci 0000:00:02.0 id=1b36:000c class=060400 header=1\n"
      "pci 0000:00:02.1 id=1b36:000c class=060400 header=1\n"
      "pci 0000:01:00.0 id=8086:1111 class=078000 under=0000:00:02.0 driver=some power_state=D0\n";
  if (second) guest += "pci 0000:02:00.0 id=8086:1111 class=078000 under=0000:00:02.1 driver=some power_state=D0\n";
  return guest;
}

std::string twin(const std::string& label, const std::string& path) {
  return R"({"label":")" + label + R"(","vendor_id":"8086","device_id":"1111","guest_path":)" + path +
         R"(,"expect_driver":false})";
}

std::string manifest_of(const std::string& devices) {
  return R"({"schema":"vfio-doctor/manifest/1","domain":"d","devices":[)" + devices + "]}";
}

TEST(Twins, AnEmulatedTwinIsToldApartByItsPlace) {
  const Judged judged(manifest_of(twin("passed", "\"02.1/00.0\"")), twins_guest(true));
  EXPECT_EQ(judged.device().seen->address.text(), "0000:02:00.0");
  EXPECT_EQ(judged.status(Rung::identity), Status::pass);
  EXPECT_EQ(judged.status(Rung::placement), Status::pass);
}

TEST(Twins, TheEmulatedTwinAloneFailsAtPlacement) {
  const Judged judged(manifest_of(twin("passed", "\"02.1/00.0\"")), twins_guest(false));
  EXPECT_EQ(judged.device().failed(), Rung::placement);
}

TEST(Twins, WithoutAPlaceALookAlikeLeavesEverythingOpen) {
  const Judged judged(manifest_of(twin("passed", "null")), twins_guest(true));
  EXPECT_EQ(judged.status(Rung::present), Status::pass);
  EXPECT_EQ(judged.status(Rung::identity), Status::unknown);
  EXPECT_EQ(judged.status(Rung::function), Status::unknown);
}

TEST(Twins, ExpectedTwinsAreSaidToBeTwins) {
  const Judged judged(manifest_of(twin("one", "null") + "," + twin("two", "null")), twins_guest(true));
  for (const std::size_t device : {0u, 1u}) {
    EXPECT_EQ(judged.status(Rung::identity, device), Status::warn);
    EXPECT_THAT(judged.summary(Rung::identity, device), HasSubstr("twin"));
  }
  EXPECT_NE(judged.device(0).seen, judged.device(1).seen);
}

TEST(Twins, ExpectedInTheOtherOrderEachGetsItsOwn) {
  const Judged judged(manifest_of(twin("one", "\"02.1/00.0\"") + "," + twin("two", "\"02.0/00.0\"")), twins_guest(true));
  EXPECT_EQ(judged.device(0).seen->address.text(), "0000:02:00.0");
  EXPECT_EQ(judged.device(1).seen->address.text(), "0000:01:00.0");
  EXPECT_EQ(judged.status(Rung::identity), Status::pass);
}

TEST(Twins, OneOfTwoMissingFails) {
  const Judged judged(manifest_of(twin("one", "null") + "," + twin("two", "null")), twins_guest(false));
  const int missing = (judged.device(0).failed() == Rung::present) + (judged.device(1).failed() == Rung::present);
  EXPECT_EQ(missing, 1);
}

/// As a nested guest behind an emulated AMD IOMMU shows it: the driver is gone by the time that somebody looks.

}  // namespace
}  // namespace vfio_doctor
