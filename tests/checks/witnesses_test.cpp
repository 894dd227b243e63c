// SPDX-License-Identifier: GPL-2.0-or-later
// One witness is not the whole list; the kernel's own answer is not overruled; remedies do not contradict each other.
#include <gmock/gmock.h>

#include "checks/advice/kernel_argument_remedy.hpp"
#include "checks/kernel/group_isolation.hpp"
#include "findings_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::AllOf;
using testing::finding_about;
using testing::findings_of;
using ::testing::HasSubstr;
using testing::host_of;
using ::testing::Not;

/// A disk of a controller that nothing has mounted, with what udev found on it.
std::string disk(const std::string& properties) {
  return "pci 0000:06:00.0 id=1000:00e6 class=010400 group=3 driver=megaraid_sas\n"
         "text /sys/devices/pci0000:06/0000:06:00.0/host1/target1:0:0/1:0:0:0/block/sdd/dev = 8:48\n"
         "link /sys/class/block/sdd ../../devices/pci0000:06/0000:06:00.0/host1/target1:0:0/1:0:0:0/block/sdd\n"
         "file /run/udev/data/b8:48\n| E:DEVTYPE=disk\n" +
         properties +
         "link /sys/class/block/mmcblk0 ../../devices/platform/soc/mmc0/block/mmcblk0\nlink /sys/dev/block/179:0 "
         "../../devices/platform/soc/mmc0/block/mmcblk0\n"
         "dir /sys/devices/platform/soc/mmc0/block/mmcblk0\nfile /proc/1/mountinfo\n| 30 1 179:0 / / rw - ext4 /dev/mmcblk0 "
         "rw\n"
         "file /proc/swaps\n| Filename Type Size Used Priority\n";
}

TEST(Witnesses, MembersOfStoresThatNothingOpenedAreWarnedOf) {
  for (const std::string kind :
       {"ceph_bluestore", "oracleasm", "drbd", "LVM2_member", "linux_raid_member", "crypto_LUKS", "zfs_member", "bcache"}) {
    const auto finding = finding_about("host-storage", host_of(disk("| E:ID_FS_TYPE=" + kind + "\n")), "0000:06:00.0");
    EXPECT_EQ(finding.status, Status::warn) << kind;
    EXPECT_THAT(finding.summary, HasSubstr("sdd (" + kind + ")"));
    EXPECT_EQ(finding.effect, Effect::none);
  }
}

TEST(Witnesses, AnOrdinaryFileSystemThatNobodyMountedIsFree) {
  for (const auto& finding : findings_of("host-storage", host_of(disk("| E:ID_FS_TYPE=ext4\n"))))
    EXPECT_NE(finding.subject, "0000:06:00.0");
}

TEST(Witnesses, AScreenThatIsOnOnASecondCardIsSaid) {
  const auto host = host_of(
      "file /proc/fb\n| 0 i915drmfb\nlink /sys/class/graphics/fb0 ../../devices/pci0000:00/0000:00:02.0/graphics/fb0\n"
      "dir /sys/devices/pci0000:00/0000:00:02.0/graphics/fb0\n"
      "pci 0000:00:02.0 id=8086:4680 class=030000 group=0 driver=i915 boot_vga=1\n"
      "pci 0000:02:00.0 id=10de:2489 class=030000 group=12 driver=nvidia boot_vga=0\n"
      "text /sys/devices/pci0000:02/0000:02:00.0/drm/card1/card1-DP-3/status = connected\n"
      "text /sys/devices/pci0000:02/0000:02:00.0/drm/card1/card1-DP-3/enabled = enabled\n"
      "link /sys/class/drm/card1-DP-3 ../../devices/pci0000:02/0000:02:00.0/drm/card1/card1-DP-3\n");
  const auto finding = finding_about("host-console", host, "0000:02:00.0");
  EXPECT_EQ(finding.status, Status::warn);
  EXPECT_EQ(finding.effect, Effect::none) << "to take it is a choice";
  EXPECT_THAT(finding.summary, HasSubstr("card1-DP-3"));
}

TEST(KernelsAnswer, APortOutsideTheGroupIsNoCause) {
  const auto host = host_of(
      "text /proc/sys/kernel/osrelease = 6.8.0\npci 00:1d.0 id=8086:1234 class=060400 header=01 group=6 driver=pcieport\n"
      "pci 04:00.0 id=1b21:2142 class=0c0330 group=9 under=00:1d.0\npci 04:00.1 id=1b21:2143 class=0c0330 group=9 "
      "under=00:1d.0\n");
  for (const auto& finding : findings_of("group-companions", host))
    for (const auto& evidence : finding.evidence) EXPECT_THAT(evidence.source, Not(HasSubstr("00:1d.0/config")));
}

/// The first and the last id of each range of pci_quirk_intel_spt_pch_acs_match(), and the ids beside them: only those
/// have their registers in a place where a plain reading does not find them.
TEST(KernelsAnswer, ThatAPortDoesNotKeepApartIsNotSaidOfTheseOfIntel) {
  const auto causes = [](const std::string& id) {
    auto host = host_of("pci 00:1c.0 id=8086:" + id +
                        " class=060400 header=01 group=4 driver=pcieport\npci 02:00.0 id=8086:1533 class=020000 group=4 "
                        "under=00:1c.0\n");
    auto functions = host.all_functions();
    for (auto& function : functions) {
      function.config.pcie_type = function.is_bridge() ? PcieType::root_port : PcieType::endpoint;
      function.config.acs = decltype(function.config.acs)::absent();
    }
    host.functions = functions;
    IommuGroup group;
    group.number = 4;
    for (const auto& function : functions) group.members.push_back(function.address);
    return causes_of_shared_group(host, group).size();
  };
  for (const std::string id : {"a110", "a11f", "a167", "a16a", "a290", "a29f", "a2e7", "a2ee", "9d10", "9d1b"})
    EXPECT_EQ(causes(id), 0U) << id;
  for (const std::string id : {"a10f", "a120", "a166", "a16b", "a28f", "a2a0", "a2e6", "a2ef", "9d0f", "9d1c"})
    EXPECT_EQ(causes(id), 1U) << id;
}

TEST(Remedies, OfWhatIsWrittenDownOnlyTheMissingStepIsAdvised) {
  const auto host = host_of(
      "text /etc/os-release = ID=debian\nfile /proc/cpuinfo\n| vendor_id : GenuineIntel\n"
      "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-6.2.0 root=/dev/sdb3 ro\ntext /proc/sys/kernel/osrelease = 6.2.0\n"
      "text /sys/firmware/acpi/tables/DMAR = x\nlisted /sys/kernel/iommu_groups\nlisted /sys/class/iommu\n"
      "text /etc/default/grub = GRUB_CMDLINE_LINUX_DEFAULT=\"intel_iommu=on iommu=pt\"\n"
      "file /boot/grub/grub.cfg\n| menuentry 'Own' {\n|   linux /vmlinuz-6.2.0 root=/dev/sdb3 ro\n| }\n"
      "pci 0000:00:19.0 id=8086:15b7 class=020000\n");
  std::string all, commands;
  for (const auto* id : {"iommu-active", "command-line-drift"})
    for (const auto& finding : findings_of(id, host))
      for (const auto& remedy : finding.remedy) {
        all += remedy.text + "\n";
        for (const auto& command : remedy.commands) commands += command + "\n";
      }
  EXPECT_THAT(all, AllOf(HasSubstr("written down already"), Not(HasSubstr("Add intel_iommu=on"))));
  EXPECT_THAT(commands, AllOf(HasSubstr("update-grub"), Not(HasSubstr("tee"))));
  EXPECT_EQ(commands.find("reboot"), commands.rfind("reboot")) << "one reboot for all words together";
}

}  // namespace
}  // namespace vfio_doctor
