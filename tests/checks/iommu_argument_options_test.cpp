// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>

#include "checks/findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::host_of;
using testing::only_finding;

std::string intel_host(const std::string& line) {
  return "file /proc/cpuinfo\n| vendor_id : GenuineIntel\ntext /etc/os-release = ID=fedora\n"
         "text /proc/cmdline = BOOT_IMAGE=/v root=a " +
         line +
         "\nseen /sys/firmware/acpi/tables/DMAR\ndir /sys/kernel/iommu_groups\ndir /sys/class/iommu\n"
         "pci 00:19.0 id=8086:153a class=020000\n";
}

TEST(IommuArguments, OnAmongOtherOptionsIsOn) {
  for (const auto* line : {"intel_iommu=on,sm_on", "intel_iommu=igfx_off,on", "intel_iommu=off intel_iommu=on"})
    EXPECT_THAT(only_finding("iommu-active", host_of(intel_host(line))).summary, HasSubstr("no kernel argument forbids it"))
        << line;
  EXPECT_THAT(only_finding("iommu-active", host_of(intel_host("intel_iommu=sm_on"))).summary,
              HasSubstr("intel_iommu=on is not on the command line"));
}

TEST(IommuArguments, AnArgumentIsRemovedAsItIsWritten) {
  const auto off = only_finding("iommu-active", host_of(intel_host("intel_iommu=sm_on,off")));
  EXPECT_THAT(off.remedy.at(0).commands, Contains(HasSubstr("--remove-args=intel_iommu=sm_on,off")));
  const auto misspelt = only_finding("iommu-arguments", host_of(intel_host("intel_iommu=on,ob")));
  ASSERT_EQ(misspelt.remedy.size(), 2u);
  EXPECT_THAT(misspelt.remedy[0].commands, Contains(HasSubstr("--remove-args=intel_iommu=on,ob")));
  EXPECT_THAT(misspelt.remedy[1].commands, Contains(HasSubstr("--args=intel_iommu=on")));
}

}  // namespace
}  // namespace vfio_doctor
