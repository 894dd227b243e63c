// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pci_address.hpp"

#include <gtest/gtest.h>

namespace vfio_doctor {
namespace {

TEST(PciAddress, ReadsAndPrints) {
  EXPECT_EQ(PciAddress::parse("0000:03:00.0")->text(), "0000:03:00.0");
  EXPECT_EQ(PciAddress::parse("3e:1f.7")->text(), "0000:3e:1f.7") << "the domain is always printed";
  EXPECT_EQ(PciAddress::parse("00FF:AB:0c.1")->text(), "00ff:ab:0c.1");
}

TEST(PciAddress, DomainsHaveUpToEightDigits) {
  EXPECT_EQ(PciAddress::parse("10000:e1:00.0")->domain, 0x10000u);
  EXPECT_EQ(PciAddress::parse("10000:e1:00.0")->text(), "10000:e1:00.0");
  EXPECT_EQ(PciAddress::parse("deadbeef:00:02.0")->text(), "deadbeef:00:02.0");
  EXPECT_FALSE(PciAddress::parse("123456789:00:02.0"));
  EXPECT_EQ(PciAddress::parse("00010000:00:02.0"), PciAddress::parse("10000:00:02.0"));
}

TEST(PciAddress, RefusesEverythingElse) {
  // clang-format off
  for (const char* text :
       {"", ":", "::", "0000", "03:00", "3:00.0", "003:00.0", "03:0.0", "03:00.8", "03:20.0", "000:03:00.0", "0000:03:00.0 ",
        " 0000:03:00.0", "0000:03:00.00", "0000:03:00:0", "0x00:03:00.0", "0000:0x:00.0", "0000:03:00.x", "-000:03:00.0",
        "0000:03:00.", "1:2:3:4", "0000:g3:00.0", "0000:03:00.0\n"})
    EXPECT_FALSE(PciAddress::parse(text)) << text;
  // clang-format on
}

TEST(PciAddress, SortsByDomainBusDeviceFunction) {
  EXPECT_LT(*PciAddress::parse("0000:ff:1f.7"), *PciAddress::parse("0001:00:00.0"));
  EXPECT_LT(*PciAddress::parse("ffff:00:00.0"), *PciAddress::parse("10000:00:00.0"));
  EXPECT_LT(*PciAddress::parse("00:1f.6"), *PciAddress::parse("01:00.0"));
}

}  // namespace
}  // namespace vfio_doctor
