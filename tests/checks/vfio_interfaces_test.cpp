// SPDX-License-Identifier: GPL-2.0-or-later
// The ways into VFIO as the report names them.
#include <gmock/gmock.h>

#include "checks/kernel/vfio_ways.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

Host with_config(std::map<std::string, std::string> options) {
  Host host;
  host.kernel.config = std::move(options);
  return host;
}

TEST(VfioInterfaces, AreThoseThatTheKernelHas) {
  EXPECT_THAT(vfio_interfaces(with_config({{"VFIO_IOMMU_TYPE1", "m"}, {"VFIO_PCI", "m"}, {"VFIO_GROUP", "y"}})),
              Optional(ElementsAre("group")));
  EXPECT_THAT(vfio_interfaces(with_config({{"IOMMUFD", "m"}, {"VFIO_DEVICE_CDEV", "y"}, {"VFIO_PCI", "m"}})),
              Optional(ElementsAre("cdev")));
}

TEST(VfioInterfaces, AreNotKnownWhereNothingTells) { EXPECT_EQ(vfio_interfaces(Host()), std::nullopt); }

}  // namespace
}  // namespace vfio_doctor
