// SPDX-License-Identifier: GPL-2.0-or-later
// Where the host's driver came before vfio-pci, the remedy is what to type on this distribution, with a way back.
#include <gmock/gmock.h>

#include "checks/advice/module_order_remedy.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using testing::finding_about;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::IsEmpty;

/// A card for a guest whose driver was there first.
std::string card(const std::string& more, const std::string& driver = "snd_hda_intel") {
  return more +
         "text /etc/modprobe.d/vfio.conf = options vfio-pci ids=10de:22ba\n"
         "pci 01:00.1 id=10de:22ba class=040300 group=7 driver=" +
         driver + "\n";
}

Remedy remedy_on(const std::string& more, const std::string& driver = "snd_hda_intel") {
  return finding_about("vfio-ids", host_of(card(more, driver)), "0000:01:00.1").remedy.at(0);
}

const std::string line = "echo 'softdep snd_hda_intel pre: vfio-pci' | sudo tee /etc/modprobe.d/vfio-before-snd_hda_intel.conf";

TEST(ModuleOrder, IsTheCommandOfTheDistribution) {
  for (const auto& [release, command] :
       {std::pair{"ID=debian", "sudo update-initramfs -u -k all"}, std::pair{"ID=ubuntu", "sudo update-initramfs -u -k all"},
        std::pair{"ID=fedora", "sudo dracut -f --regenerate-all"}, std::pair{"ID=arch", "sudo mkinitcpio -P"},
        std::pair{"ID=sles\n| ID_LIKE=suse", "sudo dracut -f --regenerate-all"},
        std::pair{"ID=opensuse-microos\n| ID_LIKE=suse opensuse", "sudo transactional-update initrd"}}) {
    const auto remedy =
        remedy_on("text /proc/cmdline = root=/dev/sda1\nfile /etc/os-release\n| " + std::string(release) + "\n");
    EXPECT_THAT(remedy.commands, ElementsAre("lspci -nnk -s 0000:01:00.1", line, command, "sudo reboot"));
    EXPECT_THAT(remedy.undo, ElementsAre("sudo rm /etc/modprobe.d/vfio-before-snd_hda_intel.conf", command, "sudo reboot"));
  }
}

/// dracut's package of Debian 12 has no update-initramfs.
TEST(ModuleOrder, OnDebianWithDracutDracutBuilds) {
  const std::string debian = "text /proc/cmdline = root=/dev/sda1\ntext /etc/os-release = ID=debian\ndir /etc/dracut.conf.d\n";
  EXPECT_THAT(remedy_on(debian).commands, ::testing::Contains("sudo dracut -f --regenerate-all"));
  EXPECT_THAT(remedy_on(debian + "text /etc/initramfs-tools/modules = tun\n").commands,
              ::testing::Contains("sudo update-initramfs -u -k all"))
      << "both are there";
}

TEST(ModuleOrder, AnImageOfTheDistributorIsExtendedByItsOwnTool) {
  const auto remedy = remedy_on("text /proc/cmdline = ostree=/ostree/boot.1/x\ntext /etc/os-release = ID=fedora\n");
  EXPECT_THAT(remedy.commands, ::testing::Contains("sudo rpm-ostree initramfs --enable"));
}

TEST(ModuleOrder, WhereTheWayIsNotKnownNothingIsToBeTyped) {
  for (const std::string release : {"ID=nixos", "ID=opensuse-microos"}) {
    const auto remedy = remedy_on("text /etc/os-release = " + release + "\n");
    EXPECT_THAT(remedy.commands, ElementsAre("lspci -nnk -s 0000:01:00.1")) << release;
    EXPECT_THAT(remedy.undo, IsEmpty()) << release;
  }
}

TEST(ModuleOrder, OnNixosTheLineStandsInTheConfiguration) {
  EXPECT_THAT(remedy_on("text /etc/os-release = ID=nixos\n").text, HasSubstr("boot.extraModprobeConfig"));
  EXPECT_THAT(remedy_on("text /etc/os-release = ID=debian\n").text, ::testing::Not(HasSubstr("boot.extraModprobeConfig")));
}

TEST(ModuleOrder, BoostersImagesKnowNoSoftdep) {
  const std::string arch = "text /etc/os-release = ID=arch\n";
  EXPECT_THAT(remedy_on(arch).text, ::testing::Not(HasSubstr("booster")));
  const auto remedy = remedy_on(arch + "text /etc/booster.yaml = modules: nvme\n");
  EXPECT_THAT(remedy.text, HasSubstr("leave snd_hda_intel out of them (\"modules: -snd_hda_intel\" in /etc/booster.yaml)"));
  EXPECT_THAT(remedy.commands, ElementsAre("lspci -nnk -s 0000:01:00.1")) << "how those are built is not asked here";
}

TEST(ModuleOrder, WhatIsNoNameOfAModuleIsNeverPutIntoACommand) {
  const auto host = host_of("text /etc/os-release = ID=debian\n");
  for (const std::string driver : {"x'; reboot", "../../x", "", "a b"})
    EXPECT_THAT(load_vfio_before(host, driver, "0000:01:00.1").commands, ElementsAre("lspci -nnk -s 0000:01:00.1")) << driver;
}

TEST(ModuleOrder, ASoftdepThatIsThereNeedsANewImageOnly) {
  const auto remedy =
      remedy_on("text /etc/os-release = ID=debian\ntext /etc/modprobe.d/order.conf = softdep snd_hda_intel pre: vfio-pci\n");
  EXPECT_THAT(remedy.text, HasSubstr("is there (/etc/modprobe.d/order.conf:1)"));
  EXPECT_THAT(remedy.commands, ElementsAre("sudo update-initramfs -u -k all", "sudo reboot"));
}

}  // namespace
}  // namespace vfio_doctor
