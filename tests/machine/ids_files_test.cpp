// SPDX-License-Identifier: GPL-2.0-or-later
// Lists of names that are not as tidy as the published ones.
#include "machine/ids_files.hpp"

#include <gtest/gtest.h>

#include <string>

#include "machines.hpp"

namespace vfio_doctor {
namespace {

IdsFile list_of(const std::string& lines) {
  return IdsFile(testing::machine("file /usr/share/hwdata/pci.ids\n" + lines), IdsFile::Which::pci);
}

TEST(IdsFile, VendorsComeInAnyOrderAndTheLastOfAnIdCounts) {
  const auto ids = list_of(
      "| # made by hand\n"
      "| 9999  Late\n"
      "| \t0001  One\n"
      "| 1111  First\n"
      "| \t0001  Old\n"
      "| 2222  Between\n"
      "| 1111  Second\n"
      "| # a comment does not end a vendor\n"
      "| \t0002  Two\n"
      "| \t\t1111 0003  A card\n");
  EXPECT_EQ(ids.vendor(0x9999), "Late");
  EXPECT_EQ(ids.device(0x9999, 1), "One");
  EXPECT_EQ(ids.vendor(0x1111), "Second");
  EXPECT_EQ(ids.device(0x1111, 1), std::nullopt);
  EXPECT_EQ(ids.device(0x1111, 2), "Two");
  EXPECT_EQ(ids.subsystem(0x1111, 2, 0x1111, 3), "A card");
  EXPECT_EQ(ids.device(0x2222, 2), std::nullopt);
  EXPECT_EQ(ids.vendor(0x3333), std::nullopt);
}

TEST(IdsFile, WhatIsIndentedBelongsToTheLineAbove) {
  const auto ids = list_of(
      "| \t0001  Nobody's\n"
      "| 1111  Vendor\n"
      "| \t0001  Device\n"
      "| C 02  Network controller\n"
      "| \t80  Other network controller\n"
      "| AT 0100  A terminal\n"
      "| \t81  No class\n"
      "| ABCD\n"
      "| \t0002  Nobody's\n"
      "| C xx  Broken\n"
      "| \t82  No class\n"
      "| C 02  Again\n"
      "| \t83  Third\n");
  EXPECT_EQ(ids.device(0x1111, 1), "Device");
  EXPECT_EQ(ids.device(0x1111, 2), std::nullopt);
  EXPECT_EQ(ids.exact_class(0x0280), "Other network controller");
  EXPECT_EQ(ids.exact_class(0x0281), std::nullopt);
  EXPECT_EQ(ids.exact_class(0x0282), std::nullopt);
  EXPECT_EQ(ids.exact_class(0x0283), "Third");
  EXPECT_EQ(ids.device_class(0x0281), "Network controller") << "the first name of a base class stays";
  EXPECT_EQ(ids.vendor(0xabcd), std::nullopt);
}

TEST(IdsFile, AnEmptyListNamesNothing) {
  const auto ids = list_of("| #\n");
  EXPECT_EQ(ids.vendor(0x8086), std::nullopt);
  EXPECT_EQ(ids.device_class(0x0280), std::nullopt);
}

}  // namespace
}  // namespace vfio_doctor
