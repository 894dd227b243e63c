// SPDX-License-Identifier: GPL-2.0-or-later
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "facts/host.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

const std::string card = "/sys/devices/pci0000:03/0000:03:00.0", second = "/sys/devices/pci0000:03/0000:03:00.1";
const std::string two_functions = "pci 0000:03:00.0 id=8086:1572 class=020000\npci 0000:03:00.1 id=8086:1572 class=020000\n";

std::vector<PciFunction> gather(const std::string& machine) { return gather_pci(testing::machine(machine), Wake::no).value(); }

TEST(GatherPci, AsksForTheMemoryNodeWhereThereIsMoreThanOne) {
  const auto with_node = two_functions + "text " + card + "/numa_node = 1\n";
  EXPECT_TRUE(gather(with_node)[0].numa_node.is(1));
  EXPECT_TRUE(gather(with_node + "text /sys/devices/system/node/online = 0-1\n")[0].numa_node.is(1));
  EXPECT_TRUE(gather(with_node + "text /sys/devices/system/node/online = 0\n")[0].numa_node.is_absent());
  EXPECT_TRUE(gather(two_functions + "text " + card + "/numa_node = far\n")[0].numa_node.is_unreadable());
}

TEST(GatherPci, LooksForPhysicalFunctionsWhereVirtualOnesAreEnabled) {
  const auto linked = two_functions + "link " + second + "/physfn ../0000:03:00.0\n";
  EXPECT_TRUE(gather(linked + "text " + card + "/sriov_numvfs = 0\n")[1].physical_function.is_absent());
  const auto functions = gather(linked + "text " + card + "/sriov_numvfs = 1\n");
  EXPECT_TRUE(functions[1].physical_function.is(functions[0].address));
  EXPECT_TRUE(functions[0].physical_function.is_absent());
  const auto unknown_number = gather(linked + "text " + card + "/sriov_numvfs = many\n");
  EXPECT_TRUE(unknown_number[1].physical_function.is(unknown_number[0].address));
}

/// 64 bytes of configuration space that begin with `first`; the others are all `byte`.
std::string header_of(const std::string& byte, const std::string& first = "") {
  auto line = "hex " + card + "/config\n| " + first;
  for (auto bytes = split_words(first).size(); bytes < 64; ++bytes) line += " " + byte;
  return line + "\n";
}

/// Reading configuration space wakes a function up: only one that is said to be awake is asked.
TEST(GatherPci, WhatIsNotSaidToBeAwakeIsLeftAsleep) {
  const auto is_read = [](const std::string& status) {
    const auto config = header_of("00", "86 80 72 15");
    const auto machine = "pci 0000:03:00.0 id=8086:1572 class=020000\n" + config + status;
    return gather(machine)[0].config.header_type.has_value();
  };
  const auto status = [](const std::string& word) { return "text " + card + "/power/runtime_status = " + word + "\n"; };
  EXPECT_TRUE(is_read("")) << "a kernel without power management";
  for (const auto* awake : {"active", "unsupported"}) EXPECT_TRUE(is_read(status(awake))) << awake;
  for (const auto* asleep : {"suspended", "suspending", "resuming", "error", "Active", "active again"})
    EXPECT_FALSE(is_read(status(asleep))) << asleep;
  EXPECT_FALSE(is_read(status(""))) << "empty";
  EXPECT_FALSE(is_read("unreadable " + card + "/power/runtime_status Input/output error\n"));
}

/// Only PCI Express has virtual functions, and that is a capability.
TEST(GatherPci, WhatHasNoCapabilitiesHasNoVirtualFunctions) {
  const auto one = [](const std::string& config) {
    return gather("pci 0000:03:00.0 id=8086:1572 class=020000\ntext " + card + "/sriov_numvfs = 2\n" + config)[0];
  };
  EXPECT_TRUE(one(header_of("00", "86 80 72 15")).virtual_functions.is_absent());
  EXPECT_TRUE(one(header_of("00", "86 80 72 15 00 00 10")).virtual_functions.is(2));
  EXPECT_TRUE(one("").virtual_functions.is(2)) << "its header was not read";
}

/// What answers while it is called active has no need of its power state; what does not is asleep, or dead.
TEST(GatherPci, ThePowerStateIsAskedWhereActivityAndAnswerDoNotTellIt) {
  const auto one = [](const std::string& rest) { return gather("pci 0000:03:00.0 id=8086:1572 class=020000\n" + rest)[0]; };
  const auto active = "text " + card + "/power/runtime_status = active\n";
  const auto cold = "text " + card + "/power_state = D3cold\n", on = "text " + card + "/power_state = D0\n";
  const auto answering = one(active + on + header_of("00", "86 80"));
  EXPECT_TRUE(answering.config.header_type.is(0));
  EXPECT_EQ(answering.power_state.why(), "not asked: it is active and answers");
  const auto asleep = one(active + cold + header_of("ff"));
  EXPECT_TRUE(asleep.power_state.is("D3cold"));
  EXPECT_FALSE(asleep.config.all_ones) << "switched off is not dead";
  EXPECT_EQ(asleep.config.header_type.cause(), UnreadCause::asleep);
  const auto dead = one(active + on + header_of("ff"));
  EXPECT_TRUE(dead.power_state.is("D0"));
  EXPECT_TRUE(dead.config.all_ones);
  EXPECT_TRUE(one(cold + header_of("00", "86 80")).config.header_type.is_unreadable()) << "no word of its activity";
  EXPECT_TRUE(one(active + cold + "unreadable " + card + "/config Input/output error\n").power_state.is("D3cold"))
      << "no configuration space";
}

/// All functions of a bus lie below the bridge above it: one link tells where.
TEST(GatherPci, OneLinkOfABusIsEnough) {
  const std::string bridge = "/sys/devices/pci0000:00/0000:00:01.0";
  const auto listed = [](const std::string& name, const std::string& directory) {
    return "link /sys/bus/pci/devices/" + name + " ../../.." + directory.substr(4) + "/" + name + "\n";
  };
  const auto functions =
      gather(listed("0000:00:01.0", "/sys/devices/pci0000:00") + listed("0000:01:00.0", bridge) +
             "link /sys/bus/pci/devices/0000:01:00.1 nowhere\n" + listed("0001:01:00.0", "/sys/devices/pci0001:01"));
  ASSERT_EQ(functions.size(), 4U);
  EXPECT_EQ(functions[1].sysfs_path, bridge + "/0000:01:00.0");
  EXPECT_EQ(functions[2].sysfs_path, bridge + "/0000:01:00.1");
  EXPECT_EQ(functions[2].parent, functions[0].address);
  EXPECT_EQ(functions[3].sysfs_path, "/sys/devices/pci0001:01/0001:01:00.0") << "another domain";
  EXPECT_EQ(functions[3].parent, std::nullopt);
}

TEST(HexText, IsFilledUpWithZeros) {
  EXPECT_EQ(hex_text(0, 1), "0");
  EXPECT_EQ(hex_text(0xaf, 4), "00af");
  EXPECT_EQ(hex_text(0x10000, 4), "10000");
  EXPECT_EQ(hex_text(~0ULL, 0), "ffffffffffffffff");
}

}  // namespace
}  // namespace vfio_doctor
