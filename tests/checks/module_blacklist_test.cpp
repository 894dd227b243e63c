// SPDX-License-Identifier: GPL-2.0-or-later
// Of several module_blacklist= the kernel takes the last alone: what is added must not take the others' place.
#include <gmock/gmock.h>

#include "checks/kernel/kernel_rules.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using testing::finding_about;
using ::testing::HasSubstr;
using testing::host_of;

const std::string line = "complete\ntext /proc/cmdline = ro ";

TEST(ModuleBlacklist, TheLastOneCountsByteForByte) {
  const auto host = host_of(line + "module_blacklist=nouveau,nvidia_drm module-blacklist=xe,snd-hda-intel\n");
  EXPECT_EQ(refusing_argument(host, "nouveau"), nullptr);
  EXPECT_EQ(refusing_argument(host, "snd_hda_intel"), nullptr);
  ASSERT_NE(refusing_argument(host, "xe"), nullptr);
  EXPECT_EQ(refusing_argument(host, "xe")->text(), "module-blacklist=xe,snd-hda-intel");
}

TEST(ModuleBlacklist, WhatIsAddedKeepsWhatIsRefused) {
  EXPECT_EQ(with_module_refused(host_of(line + "quiet\n"), "xe"), "module_blacklist=xe");
  EXPECT_EQ(with_module_refused(host_of(line + "module_blacklist=\n"), "xe"), "module_blacklist=xe");
  EXPECT_EQ(with_module_refused(host_of(line + "module_blacklist=a module_blacklist=b,c\n"), "xe"), "module_blacklist=b,c,xe");
}

TEST(ModuleBlacklist, ARemedyNamesTheWholeList) {
  const auto host = host_of(line +
                            "module_blacklist=amdgpu\n"
                            "text /etc/modprobe.d/b.conf = blacklist nouveau\n"
                            "pci 01:00.0 id=10de:1d01 class=030000 group=12 driver=nouveau boot_vga=0\n");
  EXPECT_THAT(finding_about("blacklisted-driver", host, "0000:01:00.0").remedy.at(0).text,
              HasSubstr(": module_blacklist=amdgpu,nouveau on the kernel command line."));
}

}  // namespace
}  // namespace vfio_doctor
