// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "facts/access/access.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

/// "NAME=VALUE" as it counts for virtqemud.service in the end; empty where nothing names it.
std::string setting_of(const std::string& text, const std::string& name) {
  const auto facts = gather_access(testing::machine(text));
  const auto* setting = facts.last("virtqemud.service", name);
  return setting ? setting->value : "";
}

const std::string unit = "file /usr/lib/systemd/system/virtqemud.service\n| [Service]\n";

TEST(UnitSettings, ALineThatGoesOn) {
  EXPECT_EQ(setting_of(unit + "| SystemCallFilter=~@mount \\\n|   @resources\n", "SystemCallFilter"), "~@mount  @resources");
  EXPECT_EQ(setting_of(unit + "| SystemCallFilter=~@mount \\\n| # a comment\n| @resources\n", "SystemCallFilter"),
            "~@mount  @resources");
  EXPECT_EQ(setting_of(unit + "| User=a\\\\\n| PrivateDevices=yes\n", "PrivateDevices"), "yes")
      << "two backslashes are one sign";
  EXPECT_EQ(setting_of(unit + "| User=a \\\n| PrivateDevices=yes\n", "PrivateDevices"), "")
      << "it is the value of the line before";
  EXPECT_EQ(setting_of(unit + "| PrivateDevices=yes \\\n", "PrivateDevices"), "yes") << "the file ends there";
  EXPECT_EQ(setting_of(unit + "| # off: \\\n| PrivateDevices=yes\n", "PrivateDevices"), "yes") << "a comment does not go on";
}

TEST(UnitSettings, OnlyItsSectionCounts) {
  EXPECT_EQ(setting_of(unit + "| [Install]\n| PrivateDevices=yes\n", "PrivateDevices"), "");
  EXPECT_EQ(setting_of("file /etc/systemd/system/virtqemud.service.d/a.conf\n| PrivateDevices=yes\n" + unit, "PrivateDevices"),
            "")
      << "systemd ignores what stands before every section";
}

TEST(UnitSettings, DropInsForAllServices) {
  const std::string all = unit + "file /etc/systemd/system/service.d/50-hard.conf\n| [Service]\n| PrivateDevices=yes\n";
  EXPECT_EQ(setting_of(all, "PrivateDevices"), "yes");
  EXPECT_EQ(setting_of(all +
                           "file /usr/lib/systemd/system/virtqemud.service.d/50-hard.conf\n| [Service]\n| PrivateDevices=no\n",
                       "PrivateDevices"),
            "no")
      << "its own namesake goes before";
  EXPECT_EQ(setting_of("file /etc/systemd/system/service.d/50-hard.conf\n| [Service]\n| PrivateDevices=yes\n",
                       "PrivateDevices"),
            "")
      << "there is no such unit";
}

}  // namespace
}  // namespace vfio_doctor
