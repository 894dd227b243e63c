// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "facts/host.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using testing::machine;

TEST(Room, ReadsTheRowsThatSaySomething) {
  const auto regions = parse_regions(
      "0x0000000082000000 0x0000000082ffffff 0x0000000000040200\n"
      "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
      "0x0000000000000000 0x00000003ffffffff 0x000000002014220c\n");
  ASSERT_TRUE(regions.has_value());
  ASSERT_EQ(regions->size(), 2u);
  EXPECT_EQ((*regions)[0].index, 0u);
  EXPECT_EQ((*regions)[0].bytes(), 0x1000000u);
  EXPECT_FALSE((*regions)[0].is_unset());
  EXPECT_FALSE((*regions)[0].is_64_bit());
  EXPECT_EQ((*regions)[1].index, 2u);
  EXPECT_TRUE((*regions)[1].is_unset());
  EXPECT_TRUE((*regions)[1].is_64_bit());
}

TEST(Room, RubbishIsNoRegion) {
  EXPECT_TRUE(parse_regions("0x0 0x0\n").is_unreadable());
  EXPECT_TRUE(parse_regions("all of it\n").is_unreadable());
  EXPECT_TRUE(parse_regions("0x0 0xfffffffffffffffff 0x200\n").is_unreadable());
  const auto backwards = parse_regions("0x2000 0x1000 0x200\n");
  ASSERT_TRUE(backwards.has_value());
  EXPECT_EQ(backwards->front().bytes(), 0u);
}

TEST(Room, AsksOnlyThoseThatMatter) {
  const auto host =
      gather_host(machine("pci 01:00.0 id=10de:1b80 class=030000 boot_vga=0\n"
                          "pci 02:00.0 id=8086:1533 class=020000 driver=igb\n"
                          "pci 03:00.0 id=8086:1533 class=020000 driver=vfio-pci\n"
                          "pci 00:1c.0 id=8086:a110 class=060400 header=01\n"));
  EXPECT_TRUE(host.room.functions.contains(*PciAddress::parse("01:00.0")));
  EXPECT_TRUE(host.room.functions.contains(*PciAddress::parse("03:00.0")));
  EXPECT_FALSE(host.room.functions.contains(*PciAddress::parse("00:1c.0")));
}

TEST(Room, FindsThePictureInsideTheInnermostFunction) {
  const auto host =
      gather_host(machine("file /proc/iomem\n"
                          "| 00000000-00000000 : PCI Bus 0000:00\n"
                          "|   00000000-00000000 : 0000:00:01.0\n"
                          "|     00000000-00000000 : 0000:01:00.0\n"
                          "|       00000000-00000000 : BOOTFB\n"
                          "|   00000000-00000000 : 0000:00:02.0\n"
                          "| 00000000-00000000 : BOOTFB\n"));
  ASSERT_TRUE(host.room.pictures.has_value());
  ASSERT_EQ(host.room.pictures->size(), 1u);
  EXPECT_EQ(host.room.pictures->front().function.text(), "0000:01:00.0");
}

}  // namespace
}  // namespace vfio_doctor
