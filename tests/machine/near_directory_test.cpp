// SPDX-License-Identifier: GPL-2.0-or-later
// Whatever directory stands open, a path leads to the same file as from the root.
#include "machine/near_directory.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "base/descriptor.hpp"
#include "machine/trees.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

class NearDirectoryTest : public ::testing::Test {
 protected:
  NearDirectoryTest() {
    for (const auto* path : {"sys/bus/a/one", "sys/bus/a/two", "sys/bus/b/one", "sys/bus/b/deep/er", "sys/other/c/one", "top"})
      testing::write_file(directory_.path() / path, path);
    root_.reset(::open(directory_.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  }

  /// What the file holds, which is its path; empty where there is none.
  std::string read(const std::string& path) {
    const auto way = near_.way_to(path, root_.get());
    started_at_root_ = way.directory == root_.get();
    const Descriptor file(::openat(way.directory, way.path, O_RDONLY | O_CLOEXEC));
    char content[64];
    const auto length = file.get() < 0 ? 0 : ::read(file.get(), content, sizeof content);
    return std::string(content, static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  }

  testing::TemporaryDirectory directory_;
  Descriptor root_{-1};
  NearDirectory near_;
  bool started_at_root_ = false;
};

TEST_F(NearDirectoryTest, StandsOpenFromTheSecondPathThroughItOn) {
  EXPECT_EQ(read("/sys/bus/a/one"), "sys/bus/a/one");
  EXPECT_TRUE(started_at_root_);
  for (const std::string path : {"/sys/bus/a/two", "/sys/bus/b/one", "/sys/bus/b/deep/er", "/sys/bus/a/one"}) {
    EXPECT_EQ(read(path), path.substr(1));
    EXPECT_FALSE(started_at_root_) << path;
  }
}

TEST_F(NearDirectoryTest, StaysOpenWhenOnePathLeadsElsewhereAndMovesAfterTwo) {
  for (const std::string path : {"/sys/bus/a/one", "/sys/bus/a/two", "/sys/other/c/one", "/sys/bus/b/one"})
    EXPECT_EQ(read(path), path.substr(1));
  EXPECT_FALSE(started_at_root_) << "one path elsewhere is no reason to leave";
  EXPECT_EQ(read("/sys/other/c/one"), "sys/other/c/one");
  EXPECT_TRUE(started_at_root_);
  EXPECT_EQ(read("/sys/other/c/one"), "sys/other/c/one");
  EXPECT_FALSE(started_at_root_);
  EXPECT_EQ(read("/sys/bus/a/two"), "sys/bus/a/two");
  EXPECT_TRUE(started_at_root_);
}

TEST_F(NearDirectoryTest, WhatIsNotThereIsNotThere) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(read("/sys/gone/a/one"), "");
    EXPECT_EQ(read("/sys/bus/a/gone"), "");
    EXPECT_EQ(read("/sys/bus/a/one"), "sys/bus/a/one");
  }
}

TEST_F(NearDirectoryTest, ADirectoryIsNotNearItself) {
  for (int i = 0; i < 2; ++i) EXPECT_EQ(read("/sys/bus/a/one"), "sys/bus/a/one");
  const std::string itself = "/sys/bus/";
  const auto way = near_.way_to(itself, root_.get());
  EXPECT_EQ(way.directory, root_.get());
  EXPECT_STREQ(way.path, "sys/bus/");
  EXPECT_EQ(read("/top"), "top");
  EXPECT_EQ(read("/top"), "top") << "nothing is two above but the root";
  EXPECT_TRUE(started_at_root_);
}

}  // namespace
}  // namespace vfio_doctor
