// SPDX-License-Identifier: GPL-2.0-or-later
// What a module is given, in modprobe's order: its files, then the command line.
#include "checks/kernel/module_parameters.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::host_of;

std::vector<std::string> values(const std::string& machine) {
  std::vector<std::string> values;
  for (const auto& given : given_parameters(host_of(machine), "vfio_pci", "ids"))
    values.push_back(given.value.value_or("(none)") + " " + given.evidence.source);
  return values;
}

const std::string command_line = "text /proc/cmdline = vfio-pci.ids=1:1 quiet vfio_pci.ids=2:2 other.ids=9:9\n";
const std::string files =
    "file /etc/modprobe.d/a.conf\n| options vfio_pci disable_vga=1 ids=3:3\n"
    "file /etc/modprobe.d/b.conf\n| options vfio-pci ids=4:4\n| options vfio-pci ids\n";

TEST(ModuleParameters, TheCommandLinesComeBehindThoseOfTheFiles) {
  EXPECT_THAT(values(command_line + files),
              ElementsAre("3:3 /etc/modprobe.d/a.conf:1", "4:4 /etc/modprobe.d/b.conf:1", "(none) /etc/modprobe.d/b.conf:2",
                          "1:1 /proc/cmdline", "2:2 /proc/cmdline"));
  EXPECT_EQ(given_parameter(host_of(command_line + files), "vfio_pci", "ids")->value, "2:2");
  EXPECT_EQ(given_parameter(host_of(files), "vfio_pci", "disable_vga")->value, "1");
  EXPECT_FALSE(given_parameter(host_of(files), "vfio_pci", "disable_idle_d3"));
}

TEST(ModuleParameters, WhatIsBuiltInReadsNoFiles) {
  const auto built_in = command_line + files + "file /boot/config-6.12.0\n| CONFIG_PCI=y\n| CONFIG_VFIO_PCI=y\n" +
                        "text /proc/sys/kernel/osrelease = 6.12.0\n";
  EXPECT_TRUE(is_built_in(host_of(built_in), "vfio_pci"));
  EXPECT_THAT(values(built_in), ElementsAre("1:1 /proc/cmdline", "2:2 /proc/cmdline"));
}

TEST(ModuleParameters, SwitchesAreReadAsTheKernelDoes) {
  const auto is_yes = [](std::optional<std::string> value) { return GivenParameter{std::move(value), {}}.is_yes(); };
  for (const auto* yes : {"1", "y", "Y", "yes", "on", "On", "t", "true"}) EXPECT_TRUE(is_yes(yes)) << yes;
  for (const auto* no : {"0", "n", "N", "no", "off", "of", "f", "", "2"}) EXPECT_FALSE(is_yes(no)) << no;
  EXPECT_TRUE(is_yes(std::nullopt));
}

}  // namespace
}  // namespace vfio_doctor
