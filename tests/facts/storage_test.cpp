// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "facts/storage/boot_partition.hpp"
#include "facts/storage/mounts.hpp"
#include "facts/storage_machines.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using testing::addresses;
using testing::block_device;
using ::testing::ElementsAre;
using testing::four_disks;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::mapping;
using testing::mountinfo;
using testing::nvme0;
using testing::nvme1;
using testing::partition;
using testing::root_on_nvme;
using testing::sata;
using testing::stacked;
using testing::usb_disk;
using testing::use_of;
using testing::uses_of;

TEST(Storage, PartitionOnNvme) {
  const auto use = use_of(four_disks() + mountinfo({root_on_nvme}), "/");
  EXPECT_EQ(use.chain, "ext4 on nvme0n1p3");
  EXPECT_EQ(use.source, "/proc/1/mountinfo");
  EXPECT_EQ(use.unresolved, "");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3e:00.0"));
}

TEST(Storage, LvmOnLuksOnNvme) {
  const auto use =
      use_of(four_disks() + mapping("dm-0", "254:0", "luks-root", "CRYPT-LUKS2-abc-luks-root", {nvme0 + "/nvme0n1p3"}) +
                 mapping("dm-1", "254:1", "vg-root", "LVM-xyz", {"/sys/devices/virtual/block/dm-0"}) +
                 mountinfo({"30 1 254:1 / / rw shared:1 - ext4 /dev/mapper/vg-root rw"}),
             "/");
  EXPECT_EQ(use.chain, "ext4 on LVM vg-root on LUKS on nvme0n1p3");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3e:00.0"));
}

TEST(Storage, ThinLvmIsToldOnce) {
  const auto pool = "/sys/devices/virtual/block/dm-1", data = "/sys/devices/virtual/block/dm-0";
  const auto use = use_of(four_disks() + mapping("dm-0", "254:0", "vg-pool_tdata", "LVM-a-tdata", {nvme0 + "/nvme0n1p3"}) +
                              mapping("dm-1", "254:1", "vg-pool-tpool", "LVM-a-tpool", {data}) +
                              mapping("dm-2", "254:2", "vg-root", "LVM-b", {pool}) +
                              mountinfo({"30 1 254:2 / / rw - ext4 /dev/mapper/vg-root rw"}),
                          "/");
  EXPECT_EQ(use.chain, "ext4 on LVM vg-root on nvme0n1p3");
}

TEST(Storage, MdOverAhciAndNvme) {
  const auto use =
      use_of(four_disks() + stacked("md0", "9:0", {nvme0 + "/nvme0n1p3", sata + "/sda1"}) +
                 "text /sys/devices/virtual/block/md0/md/level = raid1\n" + mountinfo({"30 1 9:0 / / rw - ext4 /dev/md0 rw"}),
             "/");
  EXPECT_EQ(use.chain, "ext4 on RAID1 md0 on nvme0n1p3 and sda1");
  EXPECT_THAT(addresses(use), ElementsAre("0000:00:17.0", "0000:3e:00.0"));
}

TEST(Storage, PartitionOfAnArray) {
  const std::string md = "/sys/devices/virtual/block/md0";
  const auto use = use_of(four_disks() + stacked("md0", "9:0", {nvme0, nvme1}) + partition(md, "md0p1", "259:40") +
                              mountinfo({"30 1 259:40 / / rw - xfs /dev/md0p1 rw"}),
                          "/");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3d:00.0", "0000:3e:00.0"));
}

TEST(Storage, BtrfsOnTwoDisks) {
  const std::string uuid = "/sys/fs/btrfs/11111111-2222-3333-4444-555555555555/devices/";
  const auto uses =
      uses_of(four_disks() + "link " + uuid + "nvme0n1p3 " + nvme0 + "/nvme0n1p3\nlink " + uuid + "sda1 " + sata + "/sda1\n" +
              mountinfo({"30 1 0:30 /@ / rw - btrfs /dev/nvme0n1p3 rw,subvol=/@",
                         "31 30 0:30 /@home /home rw - btrfs /dev/nvme0n1p3 rw,subvol=/@home"}));
  ASSERT_EQ(uses.size(), 2u);
  EXPECT_EQ(uses[1].use, "/home");
  for (const auto& use : uses) {
    EXPECT_EQ(use.chain, "btrfs on nvme0n1p3 and sda1");
    EXPECT_EQ(use.unresolved, "");
    EXPECT_THAT(addresses(use), ElementsAre("0000:00:17.0", "0000:3e:00.0"));
  }
}

TEST(Storage, BtrfsWithoutItsDeviceListIsUnresolved) {
  const auto use = use_of(four_disks() + mountinfo({"30 1 0:30 / / rw - btrfs /dev/nvme0n1p3 rw"}), "/");
  EXPECT_THAT(use.unresolved, HasSubstr("does not name the devices"));
  EXPECT_THAT(addresses(use), ElementsAre("0000:3e:00.0"));
}

TEST(Storage, NvmeMultipathHeadHasItsControllers) {
  const std::string subsystem = "/sys/devices/virtual/nvme-subsystem/nvme-subsys4";
  const std::string controller = "/sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/nvme/nvme7";
  const auto text = block_device(subsystem + "/nvme4n1", "259:0") + partition(subsystem + "/nvme4n1", "nvme4n1p2", "259:2") +
                    "link " + subsystem + "/nvme7 " + controller + "\ntext " + controller + "/transport = pcie\ntext " +
                    controller + "/address = 0000:3e:00.0\n";
  const auto use = use_of(text + mountinfo({"30 1 259:2 / / rw - ext4 /dev/nvme4n1p2 rw"}), "/");
  EXPECT_EQ(use.chain, "ext4 on nvme4n1p2 on nvme7");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3e:00.0"));
  const auto bare = block_device(subsystem + "/nvme4n1", "259:0") + mountinfo({"30 1 259:0 / / rw - ext4 /dev/nvme4n1 rw"});
  EXPECT_NE(use_of(bare, "/").unresolved, "") << "a head disk without controllers must not count as followed";
}

TEST(Storage, VmdControllerIsNeeded) {
  const std::string disk = "/sys/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/nvme0/nvme0n1";
  const auto use = use_of(block_device(disk, "259:0") + mountinfo({"30 1 259:0 / / rw - ext4 /dev/nvme0n1 rw"}), "/");
  EXPECT_THAT(addresses(use), ElementsAre("0000:00:0e.0", "10000:e1:00.0"));
}

TEST(Storage, VirtualFunctionNeedsItsPhysicalFunction) {
  const auto use = use_of(four_disks() + "link /sys/devices/pci0000:00/0000:00:1d.0/0000:3e:00.0/physfn ../0000:3e:00.4\n" +
                              mountinfo({root_on_nvme}),
                          "/");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3e:00.0", "0000:3e:00.4"));
}

TEST(Storage, UsbDiskSwapAndUnmountedBootPartition) {
  const auto text = four_disks() + mountinfo({root_on_nvme, "31 30 8:17 / /mnt/my\\040stick rw - vfat /dev/sdb1 rw"}) +
                    "file /proc/swaps\n| Filename Type Size Used Priority\n| /dev/nvme1n1p1 partition 1 0 -2\n"
                    "file /etc/fstab\n| # a comment\n| UUID=ABCD-1234 /boot/efi vfat noauto,umask=0077 0 2\n"
                    "link /dev/disk/by-uuid/ABCD-1234 ../../sda1\n";
  EXPECT_THAT(addresses(use_of(text, "/mnt/my stick")), ElementsAre("0000:00:14.0"));
  EXPECT_EQ(use_of(text, "/mnt/my stick").chain, "vfat on sdb1 (USB)");
  EXPECT_EQ(use_of(text, "swap").chain, "nvme1n1p1");
  EXPECT_THAT(addresses(use_of(text, "swap")), ElementsAre("0000:3d:00.0"));
  EXPECT_THAT(addresses(use_of(text, "the unmounted /boot/efi")), ElementsAre("0000:00:17.0"));
}

TEST(Storage, SwapFileLiesOnItsFileSystem) {
  const auto text = four_disks() + mountinfo({root_on_nvme, "31 30 259:11 / /var rw - xfs /dev/nvme1n1p1 rw"}) +
                    "seen /var/swap\nfile /proc/swaps\n| Filename Type Size Used Priority\n| /var/swap file 1 0 -2\n";
  EXPECT_EQ(use_of(text, "swap").chain, "file /var/swap on xfs on nvme1n1p1");
  EXPECT_THAT(addresses(use_of(text, "swap")), ElementsAre("0000:3d:00.0"));
}

TEST(Storage, RubbishInSwapsIsUnresolved) {
  EXPECT_NE(use_of(four_disks() + mountinfo({root_on_nvme}) + "file /proc/swaps\n| \xff\xfe!!\n", "swap").unresolved, "");
}

TEST(Storage, LoopFileAndOverlay) {
  const std::string loop = "/sys/devices/virtual/block/loop0";
  const auto text = four_disks() + block_device(loop, "7:0") + "text " + loop +
                    "/loop/backing_file = /images/root.squashfs\nseen /images/root.squashfs\ndir /ro\ndir /rw/upper\n" +
                    mountinfo({"29 1 259:11 / /images rw - ext4 /dev/nvme1n1p1 rw",
                               "31 1 7:0 / /ro ro - squashfs /dev/loop0 ro", "32 1 8:1 / /rw rw - ext4 /dev/sda1 rw",
                               "30 1 0:40 / / rw - overlay overlay rw,lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work"});
  const auto use = use_of(text, "/");
  EXPECT_EQ(use.unresolved, "");
  EXPECT_EQ(use.chain, "overlay on ext4 on sda1 and squashfs on loop0 on ext4 on nvme1n1p1");
  EXPECT_THAT(addresses(use), ElementsAre("0000:00:17.0", "0000:3d:00.0"));
}

TEST(Storage, ContainerRootIsUnresolved) {
  const auto text =
      four_disks() + mountinfo({"30 1 0:40 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/"
                                "overlay2/l/B,upperdir=/var/lib/docker/overlay2/x/diff,workdir=/w"});
  const auto facts = gather_storage(testing::machine(text));
  ASSERT_TRUE(facts.uses.has_value());
  EXPECT_THAT(facts.uses->front().unresolved, HasSubstr("container"));
  ASSERT_TRUE(facts.disk_functions.has_value());
  EXPECT_EQ(facts.disk_functions->size(), 4u);
}

TEST(Storage, ComposefsImageLiesBesideItsData) {
  const auto text = four_disks() + "dir /sysroot/ostree/repo/objects\n" +
                    mountinfo({"29 1 259:3 / /sysroot rw - ext4 /dev/nvme0n1p3 rw",
                               "30 1 0:40 / / ro - overlay composefs ro,lowerdir+=/run/ostree/.private/cfsroot-lower,datadir+="
                               "/sysroot/ostree/repo/objects"});
  EXPECT_EQ(use_of(text, "/").unresolved, "");
  EXPECT_THAT(addresses(use_of(text, "/")), ElementsAre("0000:3e:00.0"));
}

TEST(Storage, ZfsThroughUdevOrNotAtAll) {
  const std::string mounts = mountinfo({"30 1 0:40 / / rw - zfs rpool/ROOT/debian rw,xattr"});
  const std::string udev =
      "file /run/udev/data/b259:3\n| E:ID_FS_TYPE=zfs_member\n| E:ID_FS_LABEL=rpool\n"
      "file /run/udev/data/b8:1\n| E:ID_FS_TYPE=zfs_member\n| E:ID_FS_LABEL=rpool\n"
      "file /run/udev/data/b259:11\n| E:ID_FS_TYPE=zfs_member\n| E:ID_FS_LABEL=other\n";
  const auto use = use_of(four_disks() + mounts + udev, "/");
  EXPECT_EQ(use.chain, "ZFS pool rpool on nvme0n1p3 and sda1");
  EXPECT_EQ(use.unresolved, "");
  EXPECT_THAT(addresses(use), ElementsAre("0000:00:17.0", "0000:3e:00.0"));
  EXPECT_THAT(use_of(four_disks() + mounts, "/").unresolved, HasSubstr("ZFS pool rpool"));
}

TEST(Storage, BcacheNeedsBothItsDisks) {
  const auto use = use_of(four_disks() + stacked("bcache0", "252:0", {nvme0 + "/nvme0n1p2", sata + "/sda1"}) +
                              mountinfo({"30 1 252:0 / / rw - ext4 /dev/bcache0 rw"}),
                          "/");
  EXPECT_EQ(use.chain, "ext4 on bcache0 on nvme0n1p2 and sda1");
  EXPECT_EQ(use.functions.size(), 2u);
}

TEST(Storage, HypervisorShareHasItsVirtioFunction) {
  const std::string device = "/sys/devices/pci0000:00/0000:00:05.0/virtio3";
  const auto text = "text " + device + "/mount_tag = hostroot\nlink /sys/bus/virtio/drivers/9pnet_virtio/virtio3 " + device +
                    "\n" + mountinfo({"30 1 0:40 / / rw - 9p hostroot rw,access=client,trans=virtio"});
  EXPECT_THAT(addresses(use_of(text, "/")), ElementsAre("0000:00:05.0"));
}

TEST(Storage, JournalOfXfsOnAnotherDisk) {
  const auto use =
      use_of(four_disks() + mountinfo({"30 1 259:3 / / rw - xfs /dev/nvme0n1p3 rw,logdev=/dev/nvme1n1p1,noquota"}), "/");
  EXPECT_EQ(use.chain, "xfs on nvme0n1p3 and nvme1n1p1");
  EXPECT_THAT(addresses(use), ElementsAre("0000:3d:00.0", "0000:3e:00.0"));
}

TEST(Storage, ProgramsThatServeFileSystemsNameNoDevice) {
  const auto text = four_disks() + mountinfo({root_on_nvme, "50 1 0:47 / /etc/pve rw - fuse /dev/fuse rw,user_id=0",
                                              "51 1 0:48 / /mnt/stick rw - fuse.ntfs-3g /dev/sdb1 rw"});
  EXPECT_EQ(use_of(text, "/etc/pve").unresolved, "");
  EXPECT_THAT(addresses(use_of(text, "/mnt/stick")), ElementsAre("0000:00:14.0"));
}

TEST(Storage, HibernationOnADiskOfItsOwn) {
  const auto text = four_disks() + mountinfo({root_on_nvme});
  EXPECT_THAT(addresses(
                  use_of(text + "text /proc/cmdline = quiet resume=/dev/nvme1n1p1\n", "the space for hibernation (resume=)")),
              ElementsAre("0000:3d:00.0"));
  EXPECT_EQ(uses_of(text + "text /proc/cmdline = resume=/dev/nvme0n1p2\n").size(), 1u);  // told with "/"
  EXPECT_EQ(uses_of(text + "text /proc/cmdline = resume=UUID=gone\n").size(), 1u);
}

TEST(Storage, MemoryAndPlatformDisksNeedNoFunction) {
  const auto text = block_device("/sys/devices/platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0", "179:0") +
                    block_device("/sys/devices/virtual/block/zram0", "253:0") +
                    mountinfo({"30 1 179:0 / / rw - ext4 /dev/mmcblk0 rw", "31 30 0:55 / /tmp rw - tmpfs tmpfs rw"}) +
                    "file /proc/swaps\n| Filename Type Size Used Priority\n| /dev/zram0 partition 1 0 100\n";
  const auto uses = uses_of(text);
  ASSERT_EQ(uses.size(), 2u);
  for (const auto& use : uses) {
    EXPECT_EQ(use.unresolved, "") << use.use;
    EXPECT_THAT(use.functions, IsEmpty());
  }
}

TEST(Storage, MultimediaCardOnAPciHost) {
  const auto text =
      block_device("/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/mmc_host/mmc0/mmc0:0001/block/mmcblk0", "179:0") +
      mountinfo({"30 1 179:0 / / rw - ext4 /dev/mmcblk0 rw"});
  EXPECT_THAT(addresses(use_of(text, "/")), ElementsAre("0000:02:00.0"));
}

TEST(Storage, ActiveVolumesAndHiddenMountsCount) {
  const auto text = four_disks() + mapping("dm-0", "254:0", "vg-vm", "LVM-x", {nvme1 + "/nvme1n1p1"}) +
                    "dir /sys/fs/ext4/sda1\n" + mountinfo({root_on_nvme});
  EXPECT_THAT(addresses(use_of(text, "an active volume")), ElementsAre("0000:3d:00.0"));
  EXPECT_THAT(addresses(use_of(text, "a file system in another mount namespace")), ElementsAre("0000:00:17.0"));
}

TEST(Storage, EveryKindOfStackThatIsHeldCounts) {
  // A volume below DRBD, which a guest uses: the volume is not at the top, and what is has a name of its own.
  const auto text = four_disks() + mapping("dm-0", "254:0", "vg-vm", "LVM-x", {nvme1 + "/nvme1n1p1"}) +
                    stacked("drbd1000", "147:0", {"/sys/devices/virtual/block/dm-0"}) + mountinfo({root_on_nvme});
  EXPECT_THAT(addresses(use_of(text, "an active volume")), ElementsAre("0000:3d:00.0"));
}

TEST(Storage, CircleOfMappingsEndsUnresolved) {
  const auto text = mapping("dm-0", "254:0", "a", "LVM-a", {"/sys/devices/virtual/block/dm-1"}) +
                    mapping("dm-1", "254:1", "b", "LVM-b", {"/sys/devices/virtual/block/dm-0"}) +
                    mountinfo({"30 1 254:0 / / rw - ext4 /dev/dm-0 rw"});
  EXPECT_THAT(use_of(text, "/").unresolved, HasSubstr("circle"));
}

TEST(Storage, DeepDiamondsStayBounded) {
  std::string text;
  for (int i = 0; i < 200; ++i)
    text += mapping("dm-" + std::to_string(i), "254:" + std::to_string(i), "m" + std::to_string(i), "x",
                    {"/sys/devices/virtual/block/dm-" + std::to_string(i + 1),
                     "/sys/devices/virtual/block/dm-" + std::to_string(i + 2)});
  const auto use = use_of(text + mountinfo({"30 1 254:0 / / rw - ext4 /dev/dm-0 rw"}), "/");
  EXPECT_NE(use.unresolved, "");
  EXPECT_LT(use.chain.size(), 1000u);
}

TEST(Storage, ManyMountsStayQuick) {
  std::vector<std::string> lines = {root_on_nvme};
  for (int i = 0; i < 20000; ++i)
    lines.push_back("99 30 0:" + std::to_string(i + 100) + " / /run/c" + std::to_string(i) + " rw - tmpfs tmpfs rw");
  EXPECT_EQ(uses_of(four_disks() + mountinfo(lines)).size(), 1u);
}

TEST(Storage, AbsentOrRubbishMountsNeverPass) {
  EXPECT_TRUE(gather_storage(testing::machine(four_disks())).uses.is_unreadable());
  EXPECT_EQ(gather_storage(testing::machine(four_disks())).disk_functions->size(), 4u);
  EXPECT_TRUE(gather_storage(testing::machine("file /proc/1/mountinfo\n")).uses.is_unreadable());
  EXPECT_NE(uses_of(four_disks() + mountinfo({root_on_nvme, "\xff\xfe rubbish"})).back().unresolved, "");
  EXPECT_NE(uses_of(four_disks() + mountinfo({})).back().unresolved, "") << "a host without / was only seen in part";
  EXPECT_NE(use_of(four_disks() + mountinfo({"30 1 259:99 / / rw - ext4 /dev/root rw"}), "/").unresolved, "");
  EXPECT_NE(use_of(mountinfo({"30 1 0:99 / / rw - strangefs x rw"}), "/").unresolved, "");
}

TEST(Storage, OwnMountsStandInAndSaySo) {
  const auto text =
      four_disks() + "unreadable /proc/1/mountinfo Permission denied\n" + mountinfo({root_on_nvme}, "/proc/self/mountinfo");
  EXPECT_EQ(use_of(text, "/").source, "/proc/self/mountinfo");
}

TEST(Storage, BindMountsAreToldOnce) {
  const auto uses = uses_of(four_disks() + mountinfo({root_on_nvme, "31 30 259:3 /srv /export rw - ext4 /dev/nvme0n1p3 rw",
                                                      "32 30 259:3 /opt /mnt/opt rw - ext4 /dev/nvme0n1p3 rw"}));
  EXPECT_EQ(uses.size(), 1u);
}

TEST(Mounts, OctalAndLongestPrefix) {
  EXPECT_EQ(unescape_octal("a\\040b\\134"), "a b\\");
  EXPECT_EQ(unescape_octal("\\04"), "\\04");
  EXPECT_EQ(unescape_octal("\\999"), "\\999");
  const auto root = testing::machine(mountinfo({root_on_nvme, "31 30 8:1 / /a rw - ext4 /dev/sda1 rw"}));
  const auto table = read_mounts(root);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ(table->holding("/a/file")->point, "/a");
  EXPECT_EQ(table->holding("/ab")->point, "/");
}

std::string load_option_with_hard_drive() {
  std::string bytes("\x01\0\0\0", 4);
  bytes += std::string("\x2e\0", 2);            // device path: 42 + 4 bytes
  bytes += std::string("d\0e\0b\0\0\0", 8);     // description
  bytes += std::string("\x04\x01\x2a\0", 4);    // media, hard drive, 42 bytes
  bytes += std::string(20, '\0');               // number, start, size
  bytes += "\x78\x56\x34\x12\xbc\x9a\xf0\xde";  // GUID
  bytes += "\x01\x02\x03\x04\x05\x06\x07\x08";
  bytes += "\x02\x02";
  bytes += std::string("\x7f\xff\x04\0", 4);
  return bytes;
}

TEST(BootPartition, LoadOptionNamesItsPartition) {
  const auto bytes = load_option_with_hard_drive();
  EXPECT_EQ(partition_of_load_option(bytes), "12345678-9abc-def0-0102-030405060708");
  for (std::size_t length = 0; length < bytes.size(); ++length)
    partition_of_load_option(std::string_view(bytes).substr(0, length));  // must not read past the end
  EXPECT_EQ(partition_of_load_option(std::string(500, '\xff')), "");
}

TEST(BootPartition, LoaderVariableLeadsToTheDisk) {
  const std::string variable =
      "hex /sys/firmware/efi/efivars/LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n| "
      "06 00 00 00 41 00 42 00 00 00\n";
  const auto text = four_disks() + mountinfo({root_on_nvme}) + variable;
  const auto known =
      use_of(text + "link /dev/disk/by-partuuid/ab ../../sda1\n", "the partition that this host was booted from");
  EXPECT_THAT(addresses(known), ElementsAre("0000:00:17.0"));
  EXPECT_EQ(uses_of(text + "link /dev/disk/by-partuuid/cd ../../sda1\n").size(), 1u) << "a stick that was pulled out";
  EXPECT_NE(use_of(text, "the partition that this host was booted from").unresolved, "");
}

}  // namespace
}  // namespace vfio_doctor
