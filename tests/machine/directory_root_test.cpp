// SPDX-License-Identifier: GPL-2.0-or-later
// A directory as a machine: nothing leads out of it, and nothing blocks.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/input_error.hpp"
#include "machine/directory_root.hpp"
#include "machine/trees.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::without_openat2;
using testing::write_file;

/// A tree "host" with sys, beside a file that lies outside.
class DirectoryRootTest : public ::testing::Test {
 protected:
  DirectoryRootTest() {
    write_file(directory_.path() / "secret", "outside\n");
    write_file(host() / "sys/value", "inside\n");
    write_file(host() / "secret", "inside\n");
    fs::create_directories(host() / "sys/deep/er");
  }
  fs::path host() const { return directory_.path() / "host"; }
  void link(const std::string& target, const std::string& name) { fs::create_symlink(target, host() / name); }
  DirectoryRoot root() const { return DirectoryRoot(host().string()); }

  testing::TemporaryDirectory directory_;
};

/// The whole file, from one opening.
Observed<std::string> all_pieces(const Root& root, const std::string& path) {
  const auto opened = root.open(path);
  if (!opened.has_value()) return Observed<std::string>::like(opened);
  std::string all;
  for (;;) {
    const auto piece = opened.value()();
    if (!piece.has_value()) return Observed<std::string>::like(piece);
    if (piece->empty()) return all;
    all += *piece;
  }
}

TEST_F(DirectoryRootTest, OpensLargeFilesPieceByPiece) {
  const std::string large = std::string(700'000, 'a') + std::string(700'000, 'b');
  write_file(host() / "boot/image", large);
  link("../../secret", "boot/out");
  const auto here = root();
  EXPECT_TRUE(all_pieces(here, "/boot/image").is(large));
  EXPECT_TRUE(all_pieces(here, "/boot/out").is("inside\n")) << "links do not lead out";
  EXPECT_TRUE(all_pieces(here, "/boot/nothing").is_absent());
  EXPECT_EQ(all_pieces(here, "/boot").why(), "not a regular file");
  EXPECT_EQ(all_pieces(testing::machine("text /boot/image = x\n"), "/boot/image").why(), "not recorded");
}

TEST_F(DirectoryRootTest, TellsRightsOfCharacterDevicesAlone) {
  EXPECT_EQ(root().rights("/sys/value").why(), "not a character device") << "owners of copied files are the copier's";
  EXPECT_TRUE(root().rights("/sys/nothing").is_absent());
  const DirectoryRoot live([] { return Observed<std::string>::absent(); });
  const auto null = live.rights("/dev/null");
  ASSERT_TRUE(null.has_value()) << null.why();
  EXPECT_EQ(null->mode & 0222u, 0222u);
  EXPECT_EQ(testing::machine("special /dev/null\n").rights("/dev/null").why(), "not recorded");
}

TEST_F(DirectoryRootTest, LinksAndDotsCannotEscape) {
  link("/secret", "absolute");
  link("../../secret", "relative");
  link("../../../../../../../../secret", "sys/far");
  link((directory_.path() / "secret").string(), "by_real_path");
  link("..", "sys/deep/up");
  link("/", "whole");
  for (const auto* recorded : {"dev", "etc", "proc"}) {  // wherever the real path leads, the tree was recorded there
    std::filesystem::create_directory(host() / recorded);
    std::ofstream(host() / recorded / "node");
  }
  const auto ask = [this] {
    const auto inside = root();
    std::vector<std::string> answers;
    for (const std::string path : {"/absolute", "/relative", "/sys/far", "/../secret", "/sys/../../../secret", "/whole/secret",
                                   "/sys/deep/up/../../secret", "/whole/whole/../secret"}) {
      const auto content = inside.read(path);
      answers.push_back(content.has_value() ? content.value() : path + ": " + content.why());
    }
    answers.push_back(inside.read("/by_real_path").why());
    answers.push_back(inside.canonical("/by_real_path").why());
    return answers;
  };
  const auto expected = ElementsAre("inside\n", "inside\n", "inside\n", "inside\n", "inside\n", "inside\n", "inside\n",
                                    "inside\n", "absent", "absent");
  EXPECT_THAT(ask(), expected);
  EXPECT_THAT(without_openat2(ask), expected);
}

TEST_F(DirectoryRootTest, LinksInACircleEnd) {
  link("b", "a");
  link("a", "b");
  const auto ask = [this] { return root().read("/a").why() + "|" + root().canonical("/a").why(); };
  EXPECT_THAT(ask(), HasSubstr("too many symbolic links"));
  EXPECT_THAT(without_openat2(ask), HasSubstr("too many symbolic links"));
  EXPECT_TRUE(root().read("/a").is_unreadable());
}

TEST_F(DirectoryRootTest, WhatIsNoRegularFileIsNotOpened) {
  ASSERT_EQ(mkfifo((host() / "fifo").c_str(), 0600), 0);
  const int server = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (host() / "socket").string();
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(server, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  const auto inside = root();
  for (const std::string name : {"/fifo", "/socket", "/sys"}) {  // a FIFO without a writer would block for ever
    EXPECT_EQ(inside.read(name).why(), "not a regular file") << name;
    EXPECT_EQ(inside.read_head(name, 64).why(), "not a regular file") << name;
  }
  EXPECT_TRUE(inside.kind("/fifo").is(NodeKind::other));
  EXPECT_TRUE(inside.kind("/socket").is(NodeKind::other));
  EXPECT_TRUE(inside.list("/fifo").is_absent());
  ::close(server);
}

TEST_F(DirectoryRootTest, LargeFilesAreBounded) {
  write_file(host() / "large", "head");
  fs::resize_file(host() / "large", 1ULL << 40);
  EXPECT_EQ(root().read("/large").why(), "larger than 1048576 bytes") << "never cut short";
  EXPECT_EQ(root().read_head("/large", 4).value(), "head");
  write_file(host() / "fits", std::string(100, 'x'));
  EXPECT_EQ(root().read("/fits", 100)->size(), 100u);
  EXPECT_TRUE(root().read("/fits", 99).is_unreadable());
}

TEST_F(DirectoryRootTest, TellsAbsentFromPresent) {
  link("nowhere", "broken");
  const auto inside = root();
  EXPECT_TRUE(inside.read("/nothing").is_absent());
  EXPECT_TRUE(inside.read("/sys/value/below_a_file").is_absent());
  EXPECT_TRUE(inside.list("/nothing").is_absent());
  EXPECT_TRUE(inside.list("/sys/value").is_absent());
  EXPECT_TRUE(inside.kind("/broken").is_absent());
  EXPECT_EQ(inside.read_link("/broken").value(), "nowhere");
  EXPECT_TRUE(inside.read_link("/sys/value").is_absent());
  EXPECT_THAT(inside.list("/sys").value(), ElementsAre("deep", "value"));
  EXPECT_FALSE(inside.is_live());
}

TEST_F(DirectoryRootTest, TellsNotRecordedFromAbsent) {
  const testing::TemporaryDirectory tree;
  for (const auto* directory : {"sys/class/net", "sys/firmware/dmi", "proc", "dev/cpuset"})
    std::filesystem::create_directories(tree.path() / directory);
  const std::string why = "not recorded in this tree";
  {
    const DirectoryRoot root(tree.path().string());
    EXPECT_EQ(root.kind("/dev/kvm").why(), why);  // no device nodes at all
    EXPECT_EQ(root.read("/etc/os-release").why(), why);
    EXPECT_EQ(root.list("/sys/kernel/iommu_groups").why(), why);
    EXPECT_EQ(root.list("/sys/class/iommu").why(), why);
    EXPECT_EQ(root.read_link("/sys/module/vfio").why(), why);
    EXPECT_TRUE(root.list("/sys/class/drm").is_absent());
    EXPECT_TRUE(root.read("/proc/cmdline").is_absent());
    EXPECT_TRUE(root.kind("/devices").is_absent());
  }
  std::filesystem::create_directories(tree.path() / "sys/kernel/iommu_groups");
  std::ofstream(tree.path() / "dev/null");
  const DirectoryRoot root(tree.path().string());
  EXPECT_TRUE(root.list("/sys/class/iommu").is_absent());  // its twin says how things stand
  EXPECT_TRUE(root.kind("/dev/kvm").is_absent());
}

TEST_F(DirectoryRootTest, RefusesWhatIsNoSystemTree) {
  EXPECT_THROW(DirectoryRoot((directory_.path() / "nothing").string()), InputError);
  EXPECT_THROW(DirectoryRoot((directory_.path() / "secret").string()), InputError);
  EXPECT_THROW(DirectoryRoot((host() / "sys").string()), InputError);
  try {
    DirectoryRoot((host() / "sys").string());
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), HasSubstr("not a system tree"));
  }
}

TEST_F(DirectoryRootTest, AFileMaskedWithALinkToTheNullDeviceIsEmpty) {
  const DirectoryRoot live([] { return Observed<std::string>::absent(); });
  link("/dev/null", "masked.conf");
  EXPECT_TRUE(live.read((host() / "masked.conf").string()).is(""));
  link("/dev/zero", "zero.conf");
  EXPECT_TRUE(live.read((host() / "zero.conf").string()).is_unreadable());
  EXPECT_TRUE(live.read("/dev/null").is_unreadable()) << "no file of configuration";
}

}  // namespace
}  // namespace vfio_doctor
