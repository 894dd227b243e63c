// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_config.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>

namespace vfio_doctor {
namespace {

/// A configuration space that is built field by field.
class Config {
 public:
  explicit Config(std::size_t size) : bytes_(size, '\0') { put(0x00, 2, 0x8086); }
  Config& put(std::size_t at, std::size_t width, std::uint64_t value) {
    for (std::size_t i = 0; i < width && at + i < bytes_.size(); ++i)
      bytes_[at + i] = static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }
  Config& header(unsigned type) { return put(0x0e, 1, type); }
  /// A PCI Express capability at 0x40: port type and the device capability register.
  Config& express(unsigned type, std::uint32_t device_capabilities = 0) {
    put(0x06, 2, 0x10).put(0x34, 1, 0x40).put(0x40, 1, 0x10).put(0x42, 2, type << 4 | 2);
    return put(0x44, 4, device_capabilities);
  }
  Config& extended(std::size_t at, unsigned id, std::size_t next) { return put(at, 4, id | 1u << 16 | next << 20); }
  PciConfig decode() const { return decode_pci_config(bytes_); }
  Observed<std::string> serial() const { return decode_serial(bytes_, decode()); }

 private:
  std::string bytes_;
};

constexpr std::uint32_t flr = 1u << 28;

TEST(PciConfig, WhatANormalUserGetsLeavesTheRestUnknown) {
  const auto space = Config(64).header(0x80).put(0x06, 2, 0x10).put(0x34, 1, 0x40);
  const auto config = space.decode();
  EXPECT_TRUE(config.header_type.is(0));
  EXPECT_TRUE(config.multifunction.is(true));
  // Unreadable, not absent: "no ACS, no reset" would be a wrong claim.
  EXPECT_TRUE(config.pcie_type.is_unreadable());
  EXPECT_TRUE(config.acs.is_unreadable());
  EXPECT_TRUE(config.function_level_reset.is_unreadable());
  EXPECT_TRUE(space.serial().is_unreadable());
  EXPECT_EQ(config.acs.why(), "not read");
}

TEST(PciConfig, AHeaderWithoutCapabilitiesTellsAll) {
  const auto space = Config(64);
  const auto config = space.decode();
  EXPECT_TRUE(config.pcie_type.is(PcieType::conventional));
  EXPECT_TRUE(config.acs.is_absent());
  EXPECT_TRUE(config.function_level_reset.is(false));
  EXPECT_TRUE(space.serial().is_absent());
  EXPECT_TRUE(Config(64).put(0x00, 2, 0).decode().pcie_type.is_unreadable()) << "answers zeros";
  EXPECT_TRUE(Config(256).put(0x00, 2, 0).decode().header_type.is_unreadable()) << "with root, too";
  EXPECT_TRUE(Config(256).put(0x00, 2, 0).decode().no_vendor);
}

TEST(PciConfig, WithoutExtendedSpaceAcsIsUnknownOnExpressAndAbsentElsewhere) {
  const auto express = Config(256).express(4, flr).decode();
  EXPECT_TRUE(express.pcie_type.is(PcieType::root_port));
  EXPECT_TRUE(express.function_level_reset.is(true));
  EXPECT_TRUE(express.acs.is_unreadable());
  EXPECT_TRUE(Config(256).express(4, flr).serial().is_unreadable());
  const auto conventional = Config(256).decode();
  EXPECT_TRUE(conventional.pcie_type.is(PcieType::conventional));
  EXPECT_TRUE(conventional.acs.is_absent());
  EXPECT_TRUE(Config(256).serial().is_absent());
  EXPECT_TRUE(conventional.function_level_reset.is(false));
}

TEST(PciConfig, ReadsAcsAndSerialFromTheExtendedList) {
  Config space(4096);
  space.header(1).express(4).extended(0x100, 0x0001, 0x140).extended(0x140, 0x0003, 0x160);
  space.put(0x144, 4, 0x33445566).put(0x148, 4, 0x00aa1122).extended(0x160, 0x000d, 0);
  const auto config = space.put(0x164, 2, 0x1f).put(0x166, 2, 0x1d).decode();
  EXPECT_TRUE(config.header_type.is(1));
  ASSERT_TRUE(config.acs.has_value());
  EXPECT_EQ(config.acs->supported, 0x1f);
  EXPECT_EQ(config.acs->enabled, 0x1d);
  EXPECT_EQ(space.serial().value(), "00-aa-11-22-33-44-55-66");
}

TEST(PciConfig, AllOfItReadAndNoAcsThereIsAbsent) {
  const auto config = Config(4096).express(0).decode();
  EXPECT_TRUE(config.acs.is_absent());
  EXPECT_TRUE(Config(4096).express(0).serial().is_absent());
}

TEST(PciConfig, AllOnesIsDeadAndSaysNothingElse) {
  for (const std::size_t size : {64u, 256u, 4096u}) {
    const auto config = decode_pci_config(std::string(size, '\xff'));
    EXPECT_TRUE(config.all_ones) << size;
    EXPECT_FALSE(config.header_type.has_value());
    EXPECT_TRUE(config.acs.is_unreadable());
  }
  EXPECT_FALSE(Config(64).decode().all_ones);
}

TEST(PciConfig, TooShortSaysNothing) {
  for (const std::size_t size : {0u, 1u, 63u}) {
    const auto config = decode_pci_config(std::string(size, '\0'));
    EXPECT_FALSE(config.header_type.has_value());
    EXPECT_TRUE(config.acs.is_unreadable());
    EXPECT_FALSE(config.all_ones) << "nothing read is not dead";
  }
}

TEST(PciConfig, OddSizesNeverTurnIntoAbsent) {
  for (const std::size_t size : {65u, 128u, 255u}) {
    const auto config = decode_pci_config(std::string(size, '\0'));
    EXPECT_TRUE(config.acs.is_unreadable()) << size;
    EXPECT_TRUE(config.pcie_type.is_unreadable()) << size;
  }
  EXPECT_TRUE(Config(2048).express(4).decode().acs.is_unreadable());
}

TEST(PciConfig, LoopingAndWildListsEnd) {
  // To itself, to each other, to the header, to the last byte.
  EXPECT_TRUE(
      Config(256).put(0x06, 2, 0x10).put(0x34, 1, 0x40).put(0x40, 2, 0x4001).decode().pcie_type.is(PcieType::conventional));
  Config(256).put(0x06, 2, 0x10).put(0x34, 1, 0x40).put(0x40, 2, 0x5001).put(0x50, 2, 0x4001).decode();
  Config(256).put(0x06, 2, 0x10).put(0x34, 1, 0x04).decode();
  Config(256).put(0x06, 2, 0x10).put(0x34, 1, 0xff).decode();
  EXPECT_TRUE(Config(4096).express(0).extended(0x100, 1, 0x100).decode().acs.is_absent());
  EXPECT_TRUE(Config(4096).express(0).extended(0x100, 1, 0xffc).extended(0xffc, 0x000d, 0).decode().acs.is_absent());
  EXPECT_TRUE(Config(4096).express(0).extended(0x100, 1, 0x40).decode().acs.is_absent());
  EXPECT_TRUE(
      Config(256).put(0x06, 2, 0x10).put(0x34, 1, 0xfc).put(0xfc, 1, 0x10).decode().pcie_type.is(PcieType::conventional))
      << "a capability that would reach behind the end";
}

TEST(PciConfig, RandomBytesDoNoHarm) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    static constexpr std::size_t sizes[] = {64, 256, 4096};
    std::string bytes(sizes[random() % 3], '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    bytes[6] = static_cast<char>(bytes[6] | 0x10);
    const auto config = decode_pci_config(bytes);
    EXPECT_TRUE(bytes.size() != 64 || config.acs.is_unreadable());
  }
}

}  // namespace
}  // namespace vfio_doctor
