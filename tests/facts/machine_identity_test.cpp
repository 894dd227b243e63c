// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/platform/machine_identity.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MachineIdentity identity_of(const std::string& text) { return gather_machine_identity(testing::machine(text)); }

constexpr const char* board =
    "file /sys/class/dmi/id/board_vendor\n| Sample Boards Ltd.\n"
    "file /sys/class/dmi/id/board_name\n| X-77\n"
    "file /sys/class/dmi/id/bios_vendor\n| Sample Firmware\n"
    "file /sys/class/dmi/id/bios_version\n| 2.41\n"
    "file /sys/class/dmi/id/bios_date\n| 03/14/2024\n"
    "file /sys/class/dmi/id/board_serial\n| SECRET-SERIAL\n"
    "file /proc/cpuinfo\n| model name : Sample CPU\n| microcode\t: 0xde\n";

TEST(MachineIdentity, SaysBoardFirmwareAndMicrocode) {
  const auto identity = identity_of(board);
  EXPECT_TRUE(identity.board.is("Sample Boards Ltd. X-77"));
  EXPECT_TRUE(identity.firmware_version.is("2.41"));
  EXPECT_TRUE(identity.firmware_date.is("03/14/2024"));
  EXPECT_TRUE(identity.microcode.is("0xde"));
}

TEST(MachineIdentity, WhatTheFirmwareDidNotFillInIsNotThere) {
  EXPECT_FALSE(identity_of("file /sys/class/dmi/id/board_name\n| To Be Filled By O.E.M.\n").board.has_value());
}

TEST(MachineIdentity, VersionsComeFromTheStatusFileOfDpkg) {
  const auto identity = identity_of(
      "file /var/lib/dpkg/status\n"
      "| Package: qemu-system-x86\n| Status: install ok installed\n| Version: 1:8.2.2+ds-1\n| \n"
      "| Package: ovmf\n| Status: deinstall ok config-files\n| Version: 2024.02-2\n| \n"
      "| Package: libvirt0\n| Status: install ok installed\n| Version: 10.0.0-2\n");
  EXPECT_TRUE(identity.qemu.is("1:8.2.2+ds-1"));
  EXPECT_TRUE(identity.libvirt.is("10.0.0-2"));
  EXPECT_TRUE(identity.ovmf.is_absent()) << "removed, its settings are left";
}

TEST(MachineIdentity, LibvirtIsKnownByItsLibrary) {
  const auto identity = identity_of("link /usr/lib64/libvirt.so.0 libvirt.so.0.10006.1\n");
  EXPECT_TRUE(identity.libvirt.is("10.6.1"));
  EXPECT_TRUE(identity.qemu.is_unreadable()) << "no package database: not known, and not absent";
}

TEST(HostName, SaysNothingOfTheMachineIdItself) {
  const auto host =
      gather_host_name(testing::machine("file /etc/machine-id\n| 0123456789abcdef0123456789abcdef\n"
                                        "file /proc/sys/kernel/hostname\n| sample-host\n"));
  EXPECT_TRUE(host.name.is("sample-host"));
  ASSERT_TRUE(host.id.has_value());
  EXPECT_EQ(host.id->size(), 16U);
  EXPECT_THAT(*host.id, Not(HasSubstr("0123456789abcdef")));
  EXPECT_TRUE(gather_host_name(testing::machine("file /etc/machine-id\n| uninitialized\n")).id.is_unreadable());
}

}  // namespace
}  // namespace vfio_doctor
