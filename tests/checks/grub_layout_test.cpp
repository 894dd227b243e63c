// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/advice/grub_layout.hpp"

#include <gtest/gtest.h>

#include "facts/platform/platform.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

bool has_stub(const std::string& id, const std::string& version, const std::string& like = "") {
  auto text = "file /etc/os-release\n| ID=\"" + id + "\"\n| VERSION_ID=\"" + version + "\"\n";
  if (!like.empty()) text += "| ID_LIKE=\"" + like + "\"\n";
  return expects_grub_stub(gather_distribution(testing::machine(text)));
}

/// Fedora 34, Enterprise Linux 9. The list of rebuilds stands for those that do not name what they are like.
TEST(GrubLayout, StubsCameWithOneReleaseOfEachFamily) {
  for (const auto* id : {"rhel", "centos", "rocky", "almalinux", "ol"}) {
    EXPECT_FALSE(has_stub(id, "8.10")) << id;
    EXPECT_TRUE(has_stub(id, "9.1")) << id;
    EXPECT_TRUE(has_stub(id, "10")) << id;
    // Fedora's number is no measure for them.
    EXPECT_FALSE(has_stub(id, "8.10", "fedora")) << id;
    EXPECT_TRUE(has_stub(id, "9.1", "fedora")) << id;
  }
  EXPECT_FALSE(has_stub("fedora", "33"));
  EXPECT_TRUE(has_stub("fedora", "34"));
  EXPECT_TRUE(has_stub("nobara", "39", "fedora"));
  EXPECT_FALSE(has_stub("circle", "8.9", "rhel fedora"));
  EXPECT_TRUE(has_stub("circle", "9", "rhel fedora"));
  for (const auto* id : {"debian", "ubuntu", "arch", "opensuse-leap"}) EXPECT_FALSE(has_stub(id, "42")) << id;
  EXPECT_FALSE(has_stub("rhel", ""));
  EXPECT_FALSE(expects_grub_stub(gather_distribution(testing::machine("dir /etc"))));
}

}  // namespace
}  // namespace vfio_doctor
