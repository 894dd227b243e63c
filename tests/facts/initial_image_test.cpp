// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "facts/host.hpp"
#include "machine/directory_root.hpp"
#include "machine/images.hpp"
#include "machine/recording_root.hpp"
#include "machines.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::machine;
using testing::newc;

using Files = std::vector<std::string>;

std::vector<Files> candidates(const std::string& text) {
  const auto host = gather_host(machine(text));
  return image_candidates(host.boot, host.kernel);
}

TEST(InitialImageFile, IsTheOneOfTheRunningKernelsEntry) {
  const auto bls = candidates(
      "text /proc/sys/kernel/osrelease = 6.11.4-301.fc41.x86_64\n"
      "file /boot/loader/entries/a.conf\n| title Fedora\n| linux /vmlinuz-6.11.4-301.fc41.x86_64\n"
      "| initrd /initramfs-6.11.4-301.fc41.x86_64.img $tuned_initrd\n| options root=a\n"
      "file /boot/loader/entries/b.conf\n| title Other\n| linux /vmlinuz-6.12.0\n| initrd /initramfs-6.12.0.img\n| options "
      "root=a\n");
  ASSERT_FALSE(bls.empty());
  EXPECT_THAT(bls.front(), ElementsAre("/boot/initramfs-6.11.4-301.fc41.x86_64.img"));
  for (const auto& files : bls) EXPECT_THAT(files.front(), ::testing::Not(HasSubstr("6.12.0")));
}

TEST(InitialImageFile, AFallbackDoesNotCountAndSeveralAreOne) {
  const auto arch = candidates(
      "text /proc/sys/kernel/osrelease = 6.12.8-arch1-1\n"
      "text /proc/cmdline = BOOT_IMAGE=/vmlinuz-linux root=a\n"
      "file /boot/grub/grub.cfg\n| menuentry 'Arch Linux' {\n| linux /vmlinuz-linux root=a\n| initrd /intel-ucode.img "
      "/initramfs-linux.img\n| }\n"
      "| menuentry 'Arch Linux (fallback initramfs)' {\n| linux /vmlinuz-linux root=a\n| initrd "
      "/initramfs-linux-fallback.img\n| }\n");
  ASSERT_GE(arch.size(), 2u);
  EXPECT_THAT(arch[0], ElementsAre("/intel-ucode.img", "/initramfs-linux.img"));
  EXPECT_THAT(arch[1], ElementsAre("/boot/intel-ucode.img", "/boot/initramfs-linux.img"));
  EXPECT_THAT(arch.back(), ElementsAre("/boot/initramfs-linux.img")) << "the usual name comes last";
}

TEST(InitialImageFile, TheFirmwaresWordsNameIt) {
  const auto stub = candidates(
      "text /proc/sys/kernel/osrelease = 6.12.8-arch1-1\ntext /proc/cmdline = root=a "
      "initrd=\\EFI\\arch\\initramfs-linux.img\n");
  ASSERT_GE(stub.size(), 4u);
  EXPECT_THAT(stub[3], ElementsAre("/boot/efi/EFI/arch/initramfs-linux.img"));
}

/// A tree with an image in it, as a copied disk or a mounted one.
class ImageTree : public ::testing::Test {
 protected:
  void write(const std::string& path, const std::string& content) {
    const auto file = directory_.path() / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
  void make(const std::string& modprobe) {
    write("proc/sys/kernel/osrelease", "6.1.0-31-amd64\n");
    write("etc/modprobe.d/vfio.conf", modprobe);
    write("boot/initrd.img-6.1.0-31-amd64", newc({{"kernel/x86/microcode/AuthenticAMD.bin", "m"}}) +
                                                newc({{"etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:1c82\n"},
                                                      {"conf/modules", "vfio_pci\n"},
                                                      {"conf/initramfs.conf", "SECRET=x\n"},
                                                      {"usr/lib/modules/6.1.0/vfio-pci.ko", "x"},
                                                      {"usr/lib/modules/6.1.0/ext4.ko", "x"}}));
  }
  Host host(ReadImage read = ReadImage::where_it_matters) const {
    return gather_host(DirectoryRoot(directory_.path().string()), Wake::no, read);
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(ImageTree, IsReadWhereSomethingIsBoundAtTheStart) {
  make("options vfio-pci ids=10de:1c82\n");
  const auto image = host().initial_image;
  EXPECT_TRUE(image.matters);
  ASSERT_TRUE(image.content.has_value()) << image.content.why();
  EXPECT_EQ(image.content->file, "/boot/initrd.img-6.1.0-31-amd64");
  EXPECT_THAT(image.content->modules, ElementsAre("vfio_pci")) << "ext4 says nothing about devices for guests";
  EXPECT_EQ(image.content->modprobe.lines.at(0).text(), "options vfio_pci ids=10de:1c82");
  EXPECT_EQ(image.content->loads.at(0).words.at(0), "vfio_pci");
  EXPECT_TRUE(image.content->settings.at("/conf/initramfs.conf").is("")) << "that it is there is all";
  EXPECT_EQ(host(ReadImage::no).initial_image.content.why(), "not asked");
}

TEST_F(ImageTree, IsNotReadElsewhere) {
  make("blacklist nouveau\n");
  const auto image = host().initial_image;
  EXPECT_FALSE(image.matters);
  EXPECT_TRUE(image.content.is_unreadable());
}

TEST_F(ImageTree, WhatIsDamagedIsNotKnown) {
  make("softdep nouveau pre: vfio-pci\n");
  write("boot/initrd.img-6.1.0-31-amd64", "garbage");
  EXPECT_THAT(host().initial_image.content.why(), HasSubstr("/boot/initrd.img-6.1.0-31-amd64: something in it is neither"));
}

TEST_F(ImageTree, ARecordingSaysTheSame) {
  make("options vfio-pci ids=10de:1c82\n");
  const DirectoryRoot root(directory_.path().string());
  const RecordingRoot recorder(root);
  const auto seen = gather_host(recorder);
  auto nodes = recorder.nodes();
  EXPECT_FALSE(nodes.contains("/boot/initrd.img-6.1.0-31-amd64") &&
               nodes.at("/boot/initrd.img-6.1.0-31-amd64").kind == RecordedNode::Kind::file)
      << "the image itself is not kept";
  const auto without = gather_host(MemoryRoot(nodes)).initial_image;
  EXPECT_TRUE(without.matters);
  EXPECT_TRUE(without.content.is_unreadable()) << "an older recording";
  for (auto& [path, node] : recorded_image(seen.initial_image)) nodes[path] = node;
  const auto again = gather_host(MemoryRoot(nodes)).initial_image;
  ASSERT_TRUE(again.content.has_value()) << again.content.why();
  EXPECT_EQ(again.content->file, seen.initial_image.content->file);
  EXPECT_EQ(again.content->modules, seen.initial_image.content->modules);
  EXPECT_EQ(again.content->modprobe.lines.size(), seen.initial_image.content->modprobe.lines.size());
  EXPECT_EQ(again.content->loads.size(), 1u);
  EXPECT_EQ(again.content->settings.size(), seen.initial_image.content->settings.size());
}

}  // namespace
}  // namespace vfio_doctor
