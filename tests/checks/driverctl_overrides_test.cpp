// SPDX-License-Identifier: GPL-2.0-or-later
// What a file of driverctl's says stands in commands for a shell: as one word, whatever it is.
#include <gmock/gmock.h>

#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::finding_about;
using testing::host_of;

TEST(DriverctlOverrides, AHostileDriversNameIsOneWordOfTheCommand) {
  const auto host =
      host_of("pci 21:00.0 id=8086:1572 class=020000 driver=i40e\ntext /etc/driverctl.d/pci-0000:21:00.0 = vfio-x; reboot\n");
  const auto finding = finding_about("driverctl-overrides", host, "0000:21:00.0");
  EXPECT_THAT(finding.remedy.back().undo, ElementsAre("echo 'vfio-x; reboot' | sudo tee /etc/driverctl.d/pci-0000:21:00.0"));
}

}  // namespace
}  // namespace vfio_doctor
