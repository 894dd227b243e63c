// SPDX-License-Identifier: GPL-2.0-or-later
// Initial RAM disks and unified kernel images in a redacted recording: what rules ask is still there, the rest is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "facts/boot/loader_entries.hpp"
#include "machine/images.hpp"
#include "machine/machine_text.hpp"
#include "snapshot/redaction.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string redacted(const std::string& path, const std::string& content) {
  RecordedNodes nodes = parse_machine_text("text /proc/sys/kernel/hostname = annas-tower\n", "test");
  nodes[path] = {RecordedNode::Kind::file, content};
  for (const auto& [changed, node] : redact(nodes, {}).nodes)
    if (changed == path) return node.content;
  return "not there";
}

TEST(ImageRedaction, WhatBoosterLoadsIsStillTold) {
  const auto text = redacted("/run/vfio-doctor/initramfs/root/etc/booster.init.yaml",
                             "#\nload vfio_pci\nload annas_driver\noptions vfio_pci ids=10de:1c82,10de:0fb9 password=hunter2\n"
                             "softdep amdgpu pre: vfio_pci\n");
  EXPECT_TRUE(text.starts_with("#\nload vfio_pci\nload ")) << text;
  EXPECT_THAT(text, HasSubstr("options vfio_pci ids=10de:1c82,10de:0fb9 "));
  EXPECT_THAT(text, HasSubstr("softdep amdgpu pre: vfio_pci\n"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
}

TEST(ImageRedaction, TheSameProfilesLineCounts) {
  const std::string path = "/efi/EFI/Linux/arch.efi";
  const auto line_of = [&](const std::vector<std::pair<std::string, std::string>>& sections) {
    const auto line = command_line_of_unified_image(redacted(path, testing::unified_image(sections)));
    return line.has_value() ? *line : line.why();
  };
  EXPECT_EQ(line_of({{".cmdline", "quiet"}, {".profile", "ID=a"}, {".cmdline", "intel_iommu=on"}}), "intel_iommu=on");
  EXPECT_EQ(line_of({{".cmdline", "quiet"}, {".profile", "ID=a"}, {".profile", "ID=b"}, {".cmdline", "nomodeset"}}), "quiet");
  EXPECT_EQ(line_of({{".profile", "ID=a"}, {".profile", "ID=b"}, {".cmdline", "quiet"}}), "absent");
  EXPECT_EQ(line_of({{".cmdline", "quiet"}, {".cmdline", "nomodeset"}}), "it has two sections .cmdline");
  EXPECT_THAT(redacted(path, testing::unified_image({{".cmdline", "quiet"}, {".osrel", "NAME=annas"}})),
              Not(HasSubstr("annas")));
}

}  // namespace
}  // namespace vfio_doctor
