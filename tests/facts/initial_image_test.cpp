// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "facts/host.hpp"
#include "facts/image/booster_settings.hpp"
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

/// As yaml.v3 writes booster's settings, with what is nobody's business in it.
const std::string booster_yaml =
    "network:\n    dhcp: true\n    ssh_host_key: |\n        -----BEGIN KEY-----\n        modprobeoptions: x\n"
    "moduledependencies:\n    amdgpu:\n        - drm\n        - vfio-pci\n    vfio_pci:\n        - vfio_pci_core\n        - "
    "vfio\n"
    "modulesforceload:\n    - vfio_pci\n    - vfio_iommu_type1\n"
    "modprobeoptions:\n    snd_hda_intel: power_save=1 secret=2\n    vfio_pci: 'ids=1002:67df,1002:aaf0 disable_vga=1'\n"
    "builtinmodules:\n    ext4: true\nkernel: 6.12.8-arch1-1\nmounttimeout: 180\nemergency_shell_password: $argon2id$x\n";

std::string booster_image(const std::string& yaml) {
  return newc({{"usr/lib/modules/vfio_pci.ko", "x"},
               {"usr/lib/modules/amdgpu.ko", "x"},
               {"etc/modprobe.d/old.conf", "options vfio-pci ids=1111:2222\n"},
               {"etc/booster.init.yaml", yaml}});
}

TEST(BoosterSettings, KeepsWhatIsSaidOfModules) {
  const auto digest = booster_digest(booster_yaml);
  ASSERT_TRUE(digest.has_value()) << digest.why();
  EXPECT_EQ(*digest,
            "#\nsoftdep amdgpu pre: vfio_pci\nload vfio_pci\nload vfio_iommu_type1\n"
            "options vfio_pci ids=1002:67df,1002:aaf0 disable_vga=1\n");
  EXPECT_TRUE(booster_digest("kernel: 6.1\n").is("#\n"));
  EXPECT_TRUE(booster_digest("modulesforceload: []\n").is("#\n"));
  EXPECT_TRUE(booster_digest("modulesforceload:\n- \"vfio_pci\"\nmoduledependencies:\n  \"9p\":\n  - vfio-pci\n")
                  .is("#\nload vfio_pci\nsoftdep 9p pre: vfio_pci\n"));
}

TEST(BoosterSettings, AnotherFormIsNotKnown) {
  for (const std::string yaml : {"modulesforceload: [vfio_pci]\n", "modulesforceload:\n    - *a\n",
                                 "modulesforceload:\n    vfio_pci: true\n", "modulesforceload: vfio_pci\n",
                                 "modprobeoptions:\n    vfio_pci: |\n        ids=1\n", "modprobeoptions:\n    vfio_pci:\n",
                                 "modprobeoptions:\n    vfio_pci: 'ids=1\n", "modprobeoptions:\n    vfio_pci: ids=1 # but\n",
                                 "modprobeoptions:\n    - ids=1\n", "modprobeoptions:\n    vfio_pci: \"ids=1\\n\"\n",
                                 "modprobeoptions:\n    vfio_pci: a\\\n", "moduledependencies:\n    - vfio_pci\n",
                                 "moduledependencies:\n    a: vfio_pci\n", "modprobeoptions: {vfio_pci: ids=1}\n"})
    EXPECT_THAT(booster_digest(yaml).why(), HasSubstr("of a form that booster does not write")) << yaml;
  std::string many = "modulesforceload:\n";
  for (int i = 0; i < 1000; ++i) many += "    - m" + std::to_string(i) + "\n";
  EXPECT_TRUE(booster_digest(many).is_unreadable());
}

TEST_F(ImageTree, BoosterIsReadByItsOwnList) {
  write("proc/sys/kernel/osrelease", "6.12.8-arch1-1\n");
  write("etc/modprobe.d/vfio.conf", "options vfio-pci ids=1002:67df,1002:aaf0\n");
  write("boot/booster-linux.img", testing::packed(booster_image(booster_yaml), archive_write_add_filter_zstd));
  const auto image = host().initial_image.content;
  ASSERT_TRUE(image.has_value()) << image.why();
  EXPECT_EQ(image->file, "/boot/booster-linux.img");
  EXPECT_TRUE(image->booster);
  EXPECT_THAT(image->modules, ElementsAre("amdgpu", "vfio_pci"));
  ASSERT_EQ(image->modprobe.lines.size(), 2u) << "modprobe.d in it is read by nothing there";
  EXPECT_EQ(image->modprobe.lines.at(1).text(), "options vfio_pci ids=1002:67df,1002:aaf0 disable_vga=1");
  EXPECT_EQ(image->loads.at(0).words.at(0), "vfio_pci");
  EXPECT_THAT(*image->settings.at("/etc/booster.init.yaml"), ::testing::Not(HasSubstr("argon")));
  write("boot/booster-linux.img", booster_image("modprobeoptions: !!map {}\n"));
  const auto other = host().initial_image.content;
  ASSERT_TRUE(other.has_value()) << other.why();
  EXPECT_TRUE(other->settings.at("/etc/booster.init.yaml").is_unreadable());
}

TEST_F(ImageTree, ThePackageOfTheKernelNamesItsImage) {
  make("options vfio-pci ids=10de:1c82\n");
  write("proc/sys/kernel/osrelease", "6.12.8-2-cachyos\n");
  EXPECT_EQ(host().initial_image.content.why(),
            "no file of the name that the image of the running kernel would have was found");
  write("usr/lib/modules/6.12.8-2-cachyos/pkgbase", "linux-cachyos\n");
  write("boot/initramfs-linux-cachyos.img", newc({{"conf/modules", "vfio_pci\n"}}));
  EXPECT_EQ(host().initial_image.content->file, "/boot/initramfs-linux-cachyos.img");
  write("boot/booster-linux-cachyos.img", booster_image(booster_yaml));
  EXPECT_THAT(host().initial_image.content.why(), HasSubstr("are both there, and which of them is started is not known"));
  const std::string entry = "title x\nlinux /vmlinuz\nversion 6.12.8-2-cachyos\noptions root=a\ninitrd ";
  write("boot/loader/entries/a.conf", entry + "/booster-linux-cachyos.img\n");
  EXPECT_EQ(host().initial_image.content->file, "/boot/booster-linux-cachyos.img");
  write("boot/loader/entries/b.conf", entry + "/initramfs-linux-cachyos.img\n");
  EXPECT_THAT(host().initial_image.content.why(), HasSubstr("and which of them was started is not known"));
}

/// A host that was started from a unified kernel image.
class UnifiedTree : public ImageTree {
 protected:
  void make_unified(const std::string& file, const std::string& release, const std::string& list) {
    write("proc/sys/kernel/osrelease", "6.12.8-arch1-1\n");
    write("proc/cmdline", "root=a\n");
    write("etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:1c82\n");
    const auto initrd = newc({{"config", "MODULES=\"" + list + "\"\n"}, {"usr/lib/modules/6/vfio-pci.ko", "x"}});
    std::vector<std::pair<std::string, std::string>> sections = {{".cmdline", "root=a"}, {".linux", "kernel"}};
    if (!release.empty()) sections.emplace_back(".uname", release);
    sections.emplace_back(".initrd", testing::packed(initrd, archive_write_add_filter_zstd));
    write(file, testing::unified_image(sections));
  }
  void variable(const std::string& name, const std::string& text) {
    std::string wide = std::string("\x06\0\0\0", 4);
    for (const char c : text) wide += {c, '\0'};
    write("sys/firmware/efi/efivars/" + name + "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", wide + std::string(2, '\0'));
  }
  std::string read() const {
    const auto image = host().initial_image.content;
    return image.has_value() ? image->file + (image->loads.empty() ? "" : " loads " + image->loads[0].words[0]) : image.why();
  }
};

TEST_F(UnifiedTree, ItsStubNamesIt) {
  make_unified("efi/EFI/Linux/arch-linux.efi", "", "vfio_pci");
  make_unified("efi/EFI/Linux/other.efi", "6.12.8-arch1-1", "ahci");
  variable("StubImageIdentifier", "\\EFI\\Linux\\arch-linux.efi");
  EXPECT_EQ(read(), "/efi/EFI/Linux/arch-linux.efi loads vfio_pci");
  variable("StubImageIdentifier", "\\EFI\\Linux\\gone.efi");
  EXPECT_EQ(read(), "the unified kernel image /EFI/Linux/gone.efi that it was started from was not found");
}

TEST_F(UnifiedTree, ItsBootLoaderNamesIt) {
  make_unified("boot/efi/EFI/Linux/Arch-Linux.efi", "", "vfio_pci");
  make_unified("boot/efi/EFI/Linux/other.efi", "6.12.8-arch1-1", "ahci");
  variable("LoaderInfo", "systemd-boot 257");
  variable("LoaderEntrySelected", "arch-linux.efi");
  EXPECT_EQ(read(), "/boot/efi/EFI/Linux/Arch-Linux.efi loads vfio_pci");
}

TEST_F(UnifiedTree, TheFirmwareNamesIt) {
  make_unified("efi/EFI/BOOT/BOOTX64.EFI", "", "vfio_pci");
  variable("StubInfo", "systemd-stub 252");
  variable("LoaderImageIdentifier", "\\EFI\\BOOT\\BOOTX64.EFI");
  EXPECT_EQ(read(), "/efi/EFI/BOOT/BOOTX64.EFI loads vfio_pci");
}

TEST_F(UnifiedTree, TheReleaseTellsItFromOthers) {
  make_unified("efi/EFI/Linux/a.efi", "6.12.8-arch1-1", "vfio_pci");
  make_unified("efi/EFI/Linux/b.efi", "6.6.1-lts", "ahci");
  EXPECT_EQ(read(), "/efi/EFI/Linux/a.efi loads vfio_pci");
  make_unified("efi/EFI/Linux/c.efi", "6.12.8-arch1-1", "ahci");
  EXPECT_THAT(read(), HasSubstr("which of those here was started is not known"));
  fs::remove(directory_.path() / "efi/EFI/Linux/a.efi");
  fs::remove(directory_.path() / "efi/EFI/Linux/c.efi");
  EXPECT_THAT(read(), HasSubstr("which of those here was started is not known")) << "that is another kernel's";
}

TEST_F(UnifiedTree, AnotherLoaderStartedAnotherFile) {
  make_unified("efi/EFI/Linux/a.efi", "6.12.8-arch1-1", "vfio_pci");
  write("proc/cmdline", "BOOT_IMAGE=/vmlinuz-linux root=a\n");
  write("boot/initramfs-linux.img", newc({{"config", "MODULES=\"ahci\"\n"}}));
  EXPECT_EQ(read(), "/boot/initramfs-linux.img loads ahci");
}

TEST_F(UnifiedTree, ThatSuchImagesAreHereDoesNotMeanThatOneRuns) {
  make_unified("efi/EFI/Linux/a.efi", "6.12.8-arch1-1", "vfio_pci");
  write("boot/initramfs-linux.img", newc({{"config", "MODULES=\"ahci\"\n"}}));
  write("proc/cmdline", "root=a initrd=\\initramfs-linux.img\n");
  EXPECT_EQ(read(), "/boot/initramfs-linux.img loads ahci") << "the kernel's own stub was told so";
  write("proc/cmdline", "root=a\n");
  variable("SecureBoot", "x");
  EXPECT_EQ(read(), "unified kernel images are here, and whether one of them was started is not known");
}

TEST_F(UnifiedTree, WhatAddonsBringIsNotKnown) {
  make_unified("efi/EFI/Linux/a.efi", "6.12.8-arch1-1", "vfio_pci");
  write("efi/EFI/Linux/a.efi.extra.d/words.addon.efi", testing::unified_image({{".cmdline", "quiet"}}));
  EXPECT_EQ(read(), "/efi/EFI/Linux/a.efi loads vfio_pci");
  write("efi/loader/addons/more.addon.efi", testing::unified_image({{".initrd", "x"}}));
  EXPECT_THAT(read(), HasSubstr("/efi/loader/addons/more.addon.efi adds to it, which is not looked at"));
}

TEST_F(UnifiedTree, OneWithoutAnImageIsNotAPass) {
  make_unified("efi/EFI/Linux/a.efi", "6.12.8-arch1-1", "vfio_pci");
  write("efi/EFI/Linux/a.efi", testing::unified_image({{".uname", "6.12.8-arch1-1"}, {".linux", "kernel"}}));
  EXPECT_EQ(read(), "/efi/EFI/Linux/a.efi: no section .initrd is in it");
  write("efi/EFI/Linux/a.efi",
        testing::unified_image({{".uname", "6.12.8-arch1-1"}, {".initrd", "\x89LZO" + std::string(99, 'x')}}));
  EXPECT_EQ(read(), "/efi/EFI/Linux/a.efi: packed with lzo, which this program does not read");
}

}  // namespace
}  // namespace vfio_doctor
