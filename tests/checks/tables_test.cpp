// SPDX-License-Identifier: GPL-2.0-or-later
// The tables of knowledge: their form, and the rows that were once wrong.
#include <gtest/gtest.h>

#include <cstdint>

#include "base/input_error.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/known_devices.hpp"
#include "checks/kernel/table_rows.hpp"

namespace vfio_doctor {
namespace {

PciFunction function_of(int vendor, int device, std::uint32_t class_code, bool on_card = false) {
  PciFunction function;
  function.address = *PciAddress::parse(on_card ? "0000:07:00.0" : "0000:00:08.0");
  if (on_card) function.parent = PciAddress::parse("0000:00:1c.0");
  function.id.vendor = static_cast<std::uint16_t>(vendor);
  function.id.device = static_cast<std::uint16_t>(device);
  function.id.class_code = class_code;
  function.driver = Observed<std::string>::absent();
  return function;
}

TEST(ChipsetParts, EveryRowHasItsSource) {
  EXPECT_GT(chipset_part_table().size(), 40U);
  for (const auto& part : chipset_part_table()) {
    EXPECT_GT(part.source.size(), 8U) << part.what;
    EXPECT_FALSE(part.what.ends_with('.')) << part.what;
  }
}

TEST(ChipsetParts, EnginesAreDevicesAndTheirNeighboursAreNot) {
  for (const int engine : {0x2f20, 0x2f2e, 0x3c27, 0x0e2f, 0x6f52, 0x1a38, 0x360b, 0x65ff, 0x402f, 0x342c, 0x3433, 0x3719,
                           0x0b00, 0x0b25, 0x11fb, 0x1216})
    EXPECT_FALSE(chipset_part(function_of(0x8086, engine, 0x088000))) << std::hex << engine;
  for (const int part : {0x2f28, 0x2f2a, 0x3c28, 0x3c2a, 0x0e28, 0x0e2a, 0x6f29, 0x3422, 0x3423, 0x342e, 0x371a, 0x6f54})
    EXPECT_TRUE(chipset_part(function_of(0x8086, part, 0x088000))) << std::hex << part;
}

TEST(ChipsetParts, AnEngineThatTheTableDoesNotKnowIsKnownByItsDriver) {
  auto engine = function_of(0x8086, 0x5fff, 0x088000);
  EXPECT_TRUE(chipset_part(engine));
  engine.driver = std::string("idxd");
  EXPECT_FALSE(chipset_part(engine));
}

TEST(ChipsetParts, ManagementControllers) {
  EXPECT_TRUE(chipset_part(function_of(0x1a03, 0x2000, 0x030000, true)));
  EXPECT_TRUE(chipset_part(function_of(0x102b, 0x0524, 0x030000, true)));
  EXPECT_FALSE(chipset_part(function_of(0x102b, 0x0521, 0x030000, true))) << "a card of Matrox's";
  EXPECT_FALSE(chipset_part(function_of(0x102b, 0x0540, 0x030000, true)));
  EXPECT_TRUE(chipset_part(function_of(0x103c, 0x3307, 0x088000, true)));
  EXPECT_TRUE(chipset_part(function_of(0x0e11, 0xb204, 0x088000, true)));
  EXPECT_FALSE(chipset_part(function_of(0x103c, 0x3309, 0x088000, true)));
}

TEST(ChipsetParts, TheSameClassOnACardIsADevice) {
  EXPECT_TRUE(chipset_part(function_of(0x8086, 0xa223, 0x0c0500)));
  EXPECT_FALSE(chipset_part(function_of(0x8086, 0xa223, 0x0c0500, true)));
}

TEST(ChipsetParts, WrongRowsAreRefused) {
  const std::string good = "part\t8086\t0c80\t*\troot-bus\talways\tA bus\tsource";
  EXPECT_EQ(parse_chipset_parts(good, "t").size(), 1U);
  for (const std::string bad :
       {"part\t8086\t0c80\t*\troot-bus\talways\tA bus", "thing\t8086\t0c80\t*\troot-bus\talways\tA bus\ts",
        "part\t86\t0c80\t*\troot-bus\talways\tA bus\ts", "part\t8086\t0c80\t2-1\troot-bus\talways\tA bus\ts",
        "part\t8086\t0c80\t0002-0001\troot-bus\talways\tA bus\ts", "part\t8086\t0c80\t*\tslot\talways\tA bus\ts",
        "part\t8086\t0c80\t*\tany\tnow\tA bus\ts", "part\t8086\t0c80\t*\tany\talways\t\ts"})
    EXPECT_THROW(parse_chipset_parts(bad, "t"), InputError) << bad;
}

TEST(KnownDevices, EveryRowHasItsSource) {
  EXPECT_GT(known_devices().size(), 40U);
  for (const auto& device : known_devices()) EXPECT_NE(device.source.find('/'), std::string::npos) << device.what;
  EXPECT_THROW(parse_known_devices("reset-bug\t1002\t67df\tx", "t"), InputError);
}

TEST(KnownDevices, ByVendorAndId) {
  EXPECT_NE(known_device(function_of(0x1002, 0x66af, 0x030000), "reset-bug"), nullptr);
  EXPECT_EQ(known_device(function_of(0x1002, 0x73bf, 0x030000), "reset-bug"), nullptr);
  EXPECT_EQ(known_device(function_of(0x10de, 0x66af, 0x030000), "reset-bug"), nullptr);
  EXPECT_EQ(known_device(function_of(0x1002, 0x66af, 0x030000), "other"), nullptr);
  EXPECT_EQ(known_device(PciFunction{}, "reset-bug"), nullptr);
}

}  // namespace
}  // namespace vfio_doctor
