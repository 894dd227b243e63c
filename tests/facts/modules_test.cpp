// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "facts/host.hpp"
#include "facts/platform/drop_ins.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::machine;

ModuleFacts modules_of(const std::string& text) { return gather_host(machine(text)).modules; }

TEST(Modules, DracutsListsAreReadAsWritten) {
  const auto facts = modules_of(
      "file /etc/dracut.conf.d/10-vfio.conf\n"
      "| # force_drivers+=\" nothing \"\n"
      "| force_drivers+=\" vfio_pci vfio \"  # first\n"
      "| omit_drivers+=' nouveau '\n"
      "| compress=\"zstd\"\n");
  ASSERT_EQ(facts.image.size(), 2u);
  EXPECT_EQ(facts.image[0].kind, "force_drivers");
  EXPECT_THAT(facts.image[0].words, ElementsAre("vfio_pci", "vfio"));
  EXPECT_EQ(facts.image[0].place(), "/etc/dracut.conf.d/10-vfio.conf:2");
  EXPECT_EQ(facts.image[1].kind, "omit_drivers");
  EXPECT_THAT(facts.image_tools, ElementsAre(ImageTool::dracut));
}

TEST(Modules, ArraysOfMkinitcpio) {
  const auto facts = modules_of("file /etc/mkinitcpio.conf\n| MODULES=(vfio_pci vfio)\n| HOOKS=(base udev modconf)\n");
  ASSERT_EQ(facts.image.size(), 2u);
  EXPECT_THAT(facts.image[0].words, ElementsAre("vfio_pci", "vfio"));
  EXPECT_THAT(facts.image[1].words, ElementsAre("base", "udev", "modconf"));
}

TEST(Modules, AListThatIsSetAnewIsNotInForce) {
  const auto facts = modules_of(
      "file /etc/mkinitcpio.conf\n| MODULES=(vfio_pci)\n| MODULES=()\n| MODULES+=(btrfs)\n"
      "file /etc/mkinitcpio.conf.d/a.conf\n| HOOKS=(base)\n| MODULES+=(vfio)\n");
  std::vector<std::string> places;
  for (const auto& list : facts.image) places.push_back(list.place());
  EXPECT_THAT(places, ElementsAre("/etc/mkinitcpio.conf:2", "/etc/mkinitcpio.conf:3", "/etc/mkinitcpio.conf.d/a.conf:1",
                                  "/etc/mkinitcpio.conf.d/a.conf:2"));
  ASSERT_EQ(facts.lost_image.size(), 1u);
  EXPECT_EQ(facts.lost_image[0].list.place(), "/etc/mkinitcpio.conf:1");
  EXPECT_EQ(facts.lost_image[0].by, "/etc/mkinitcpio.conf:2");
}

TEST(Modules, WhatIsSetUnderAConditionTakesNoPlace) {
  const auto facts = modules_of("file /etc/mkinitcpio.conf\n| MODULES=(vfio_pci)\n| if true; then\n|   MODULES=()\n| fi\n");
  EXPECT_EQ(facts.image.size(), 2u);
  EXPECT_TRUE(facts.lost_image.empty());
}

TEST(Modules, DracutsOwnFileTakesThePlaceOfThePackaged) {
  const auto facts = modules_of(
      "file /usr/lib/dracut/dracut.conf.d/50-vfio.conf\n| force_drivers=\" vfio_pci \"\n"
      "file /usr/lib/dracut/dracut.conf.d/60-more.conf\n| force_drivers+=\" vfio \"\n"
      "file /etc/dracut.conf.d/50-vfio.conf\n| force_drivers+=\" tun \"\n");
  ASSERT_EQ(facts.image.size(), 2u);
  EXPECT_THAT(facts.image[0].words, ElementsAre("tun"));
  EXPECT_THAT(facts.image[1].words, ElementsAre("vfio"));
  EXPECT_TRUE(modules_of("file /usr/lib/dracut/dracut.conf.d/a.conf\n| hostonly=\"no\"\n").image_tools.empty())
      << "what a package brings does not say that dracut builds the images";
}

/// dracut sorts by version: 9 before 10 (dropindirs_sort in dracut.sh).
TEST(Modules, DracutSortsItsFilesByVersion) {
  const auto facts = modules_of(
      "file /etc/dracut.conf.d/9-base.conf\n| force_drivers=\" \"\n"
      "file /etc/dracut.conf.d/10-vfio.conf\n| force_drivers+=\" vfio_pci \"\n");
  ASSERT_EQ(facts.image.size(), 2u);
  EXPECT_THAT(facts.image[1].words, ElementsAre("vfio_pci"));
  EXPECT_TRUE(facts.lost_image.empty()) << "the base comes first and takes nothing away";
}

TEST(Modules, NamesByVersion) {
  EXPECT_TRUE(comes_before_by_version("9-a.conf", "10-a.conf"));
  EXPECT_TRUE(comes_before_by_version("a~b.conf", "a.conf"));
  EXPECT_TRUE(comes_before_by_version("a.conf", "a-b.conf"));
  EXPECT_FALSE(comes_before_by_version("a.conf", "a.conf"));
}

TEST(Modules, BoosterAndInitramfsTools) {
  const auto facts = modules_of(
      "file /etc/booster.yaml\n| modules: vfio_pci,vfio\n| compression: zstd\n"
      "file /etc/initramfs-tools/modules\n| # a comment\n| vfio_pci ids=10de:1b80\n");
  ASSERT_EQ(facts.image.size(), 2u);
  EXPECT_THAT(facts.image_tools, ElementsAre(ImageTool::initramfs_tools, ImageTool::booster));
  EXPECT_THAT(facts.image[1].words, ElementsAre("vfio_pci", "vfio"));
}

TEST(Modules, OddLinesAreSurvived) {
  const auto facts = modules_of("file /etc/mkinitcpio.conf\n| =\n| MODULES=\n| MODULES=(\n| MODULES\n| MODULES=)(\n");
  EXPECT_LE(facts.image.size(), 4u);
}

TEST(Modules, ALoadFileOfMoreWeightTakesThePlaceOfItsNamesake) {
  const auto facts = modules_of(
      "file /etc/modules-load.d/vfio.conf\n| vfio_pci\n"
      "file /usr/lib/modules-load.d/vfio.conf\n| vfio_virqfd\n"
      "file /usr/lib/modules-load.d/other.conf\n| ; comment\n| tun\n");
  ASSERT_EQ(facts.load_at_start.size(), 2u);
  EXPECT_THAT(facts.load_at_start[0].words, ElementsAre("vfio_pci"));
  EXPECT_THAT(facts.load_at_start[1].words, ElementsAre("tun"));
}

TEST(Modules, ADriverIsBuiltInWhereItsModuleHasNoState) {
  const auto facts = modules_of(
      "pci 05:00.0 id=1b21:2142 class=0c0330 driver=xhci_hcd\n"
      "pci 06:00.0 id=8086:1533 class=020000 driver=igb\n"
      "pci 07:00.0 id=8086:1533 class=020000 driver=odd\n"
      "link /sys/bus/pci/drivers/xhci_hcd/module ../../../../module/xhci_pci\n"
      "dir /sys/module/xhci_pci\n"
      "link /sys/bus/pci/drivers/igb/module ../../../../module/igb\n"
      "text /sys/module/igb/initstate = live\n");
  EXPECT_TRUE(facts.drivers.at("xhci_hcd").built_in.is(true));
  EXPECT_TRUE(facts.drivers.at("igb").built_in.is(false));
  EXPECT_TRUE(facts.drivers.at("odd").built_in.is_unreadable()) << "a driver whose module is not told is not built in";
}

TEST(Modules, ParametersOfModulesThatAreNotThereAreNotAsked) {
  const auto facts = modules_of("text /sys/module/nvidia_drm/parameters/modeset = Y\n");
  EXPECT_TRUE(facts.parameters.at("nvidia_drm.modeset").is("Y"));
  EXPECT_FALSE(facts.parameters.contains("i915.max_vfs"));
}

}  // namespace
}  // namespace vfio_doctor
