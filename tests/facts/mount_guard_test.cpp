// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/mount_guard.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "machine/directory_root.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;

MountGuard guard(const std::string& lines) {
  return mount_guard(parse_mounts("21 1 8:2 / / rw - ext4 /dev/sda2 rw\n" + lines, "mountinfo"));
}

std::string mount(const std::string& point, const std::string& type, const std::string& options = "rw",
                  const std::string& source = "x") {
  return "30 21 0:40 / " + point + " rw,relatime shared:9 - " + type + " " + source + " " + options + "\n";
}

TEST(MountGuard, LeavesAloneWhatMayWaitForSomebody) {
  for (const auto* type : {"autofs", "nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "fuse", "fuse.sshfs", "fuse.glusterfs"}) {
    const auto asks = guard(mount("/boot", type));
    ASSERT_TRUE(asks) << type;
    EXPECT_THAT(asks("/boot/grub/grub.cfg"), HasSubstr("not touched")) << type;
    EXPECT_THAT(asks("/boot"), HasSubstr("/boot")) << type;
    EXPECT_EQ(asks("/boots"), "") << type;
    EXPECT_EQ(asks("/etc/fstab"), "") << type;
  }
}

TEST(MountGuard, LetsPassWhatIsHere) {
  for (const auto* type : {"ext4", "vfat", "btrfs", "zfs", "overlay", "tmpfs", "fuseblk", "fuse.lxcfs", "virtiofs"})
    EXPECT_FALSE(guard(mount("/boot", type))) << type;
  EXPECT_FALSE(guard(mount("/boot", "9p", "rw,trans=virtio")));
  EXPECT_FALSE(guard(mount("/etc/pve", "fuse", "rw", "/dev/fuse"))) << "pmxcfs answers from memory";
  EXPECT_FALSE(guard(mount("/usr", "nfs4"))) << "this program would not run without it";
  EXPECT_FALSE(mount_guard(parse_mounts("21 1 0:40 / / rw - nfs server:/host rw\n", "mountinfo")));
  EXPECT_FALSE(guard(mount("/proc/sys/fs/binfmt_misc", "autofs"))) << "nothing below it is ever read";
}

TEST(MountGuard, AnAutomountThatIsMountedIsLikeAnyOther) {
  const auto automount = mount("/efi", "autofs"), home = mount("/home", "nfs");
  const auto asks = guard(automount + mount("/efi", "vfat") + home);
  EXPECT_EQ(asks("/efi/loader/loader.conf"), "");
  EXPECT_NE(asks("/home/anna"), "");
  EXPECT_THAT(guard(automount + home)("/efi/loader/loader.conf"), HasSubstr("automount"));
}

/// Every kind of question, and every way there: the mount is on none of them looked at.
TEST(MountGuard, CoversEveryReadAndFollowsLinks) {
  const testing::TemporaryDirectory directory;
  const auto root_path = directory.path();
  std::filesystem::create_directories(root_path / "sys");
  std::filesystem::create_directories(root_path / "net/boot");
  std::filesystem::create_directories(root_path / "etc");
  std::ofstream(root_path / "net/boot/file") << "text\n";
  std::ofstream(root_path / "etc/file") << "text\n";
  std::filesystem::create_directory_symlink("net/boot", root_path / "boot");
  std::filesystem::create_symlink("../net/boot/file", root_path / "etc/there");
  std::filesystem::create_symlink("../etc/file", root_path / "net/back");
  const DirectoryRoot root(root_path.string(), guard(mount("/net", "nfs4")));
  for (const std::string path : {"/boot/file", "/etc/there", "/net/back", "/net/boot/file", "/etc/../net/boot/file"}) {
    EXPECT_THAT(root.read(path).why(), HasSubstr("network mount (nfs4)")) << path;
    EXPECT_TRUE(root.read_head(path, 2).is_unreadable()) << path;
    EXPECT_TRUE(root.kind(path).is_unreadable()) << path;
    EXPECT_TRUE(root.canonical(path).is_unreadable()) << path;
  }
  for (const std::string path : {"/boot", "/net", "/net/boot"}) EXPECT_TRUE(root.list(path).is_unreadable()) << path;
  EXPECT_TRUE(root.read_link("/net/back").is_unreadable());
  EXPECT_TRUE(root.read_link("/boot").is("net/boot")) << "the link itself lies outside";
  EXPECT_TRUE(root.read("/etc/file").is("text\n"));
  EXPECT_TRUE(root.read("/etc/nothing").is_absent());
  EXPECT_TRUE(root.list("/").has_value());
  EXPECT_TRUE(DirectoryRoot(root_path.string()).read("/boot/file").is("text\n"));
}

}  // namespace
}  // namespace vfio_doctor
