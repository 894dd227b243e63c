// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/initial_image.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "machine/images.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::newc;
using testing::packed;
using testing::packed_lz4;
using testing::pieces_of;
using ::testing::UnorderedElementsAre;

const std::string module_path = "usr/lib/modules/6.1.0/kernel/drivers/vfio/pci/vfio-pci.ko.xz";

std::string early() { return newc({{"kernel/x86/microcode/GenuineIntel.bin", std::string(3001, 'm')}}); }
std::string main_archive() {
  return newc({{".", "", 040755},
               {"etc/modprobe.d", "", 040755},
               {"etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:1c02\n"},
               {module_path, "binary"},
               {"usr/bin/true", std::string(40'000, 'x'), 0100755}});
}

Observed<ImageContent> read(const std::string& image, std::size_t at_a_time = 1000, const ImageBounds& bounds = {}) {
  return read_initial_image(pieces_of(image, at_a_time), bounds);
}
std::string why(const std::string& image, const ImageBounds& bounds = {}) { return read(image, 1000, bounds).why(); }

std::string setting(const Observed<ImageContent>& content, const std::string& path) {
  if (!content.has_value()) return "unreadable: " + content.why();
  const auto found = content->files.find(path);
  if (found == content->files.end()) return "not there";
  return found->second.has_value() ? *found->second : "unreadable: " + found->second.why();
}

void expect_whole(const std::string& image, const std::string& what) {
  for (const std::size_t at_a_time : {1u, 7u, 4096u, 1u << 20}) {
    const auto content = read(image, at_a_time);
    ASSERT_TRUE(content.has_value()) << what << ": " << content.why();
    EXPECT_THAT(content->modules, ElementsAre("vfio_pci")) << what;
    EXPECT_EQ(setting(content, "/etc/modprobe.d/vfio.conf"), "options vfio-pci ids=10de:1c02\n") << what;
    EXPECT_EQ(content->files.size(), 1u) << what;
  }
}

TEST(InitialImage, ReadsEveryCompressionOfTheKernelBehindPlainArchives) {
  expect_whole(main_archive(), "plain");
  expect_whole(early() + main_archive(), "two plain ones");
  const std::map<std::string, int (*)(archive*)> filters = {
      {"gzip", archive_write_add_filter_gzip}, {"bzip2", archive_write_add_filter_bzip2},
      {"lzma", archive_write_add_filter_lzma}, {"xz", archive_write_add_filter_xz},
      {"zstd", archive_write_add_filter_zstd},
  };
  for (const auto& [name, filter] : filters)
    expect_whole(early() + std::string(512, '\0') + packed(main_archive(), filter), name);
  expect_whole(early() + packed_lz4(main_archive()), "lz4");
}

TEST(InitialImage, GoesOnBehindWhatIsCompressed) {
  const auto first = newc({{"etc/modprobe.d/vfio.conf", "# older\n"}, {"conf/modules", "vfio_pci\n"}});
  const auto gzip = packed(main_archive(), archive_write_add_filter_gzip);
  for (const auto& image :
       {packed(first, archive_write_add_filter_gzip) + std::string(8, '\0') + gzip,
        packed(first, archive_write_add_filter_bzip2) + gzip, packed(first + main_archive(), archive_write_add_filter_zstd),
        packed(first, archive_write_add_filter_gzip) + main_archive(), first + gzip}) {
    const auto content = read(image);
    EXPECT_EQ(setting(content, "/etc/modprobe.d/vfio.conf"), "options vfio-pci ids=10de:1c02\n") << "the later one counts";
    EXPECT_EQ(setting(content, "/conf/modules"), "vfio_pci\n");
  }
}

TEST(InitialImage, KeepsSettingsAndModulesAlone) {
  const auto content = read(newc({{"./etc/modules-load.d/a.conf", "x"},
                                  {"/usr/lib/modprobe.d/b.conf", "y"},
                                  {"etc/shadow", "secret"},
                                  {"etc/modprobe.d/sub/c.conf", "deeper"},
                                  {"etc/modprobe.d/dev.conf", "", 020644},
                                  {"etc/modprobe.d/dir.conf", "", 040755},
                                  {"lib/modules/6.1/kernel/nvme-core.ko", ""},
                                  {"lib/modules/6.1/kernel/x.ko.zst", ""},
                                  {"lib/modules/6.1/kernel/y.ko", "", 0120777},
                                  {"lib/modules/6.1/kernel/.ko", ""},
                                  {"lib/modules/6.1/modules.dep", "kernel/z.ko:"}}));
  ASSERT_TRUE(content.has_value()) << content.why();
  EXPECT_THAT(content->modules, UnorderedElementsAre("nvme_core", "x"));
  std::vector<std::string> paths;
  for (const auto& [path, text] : content->files) paths.push_back(path);
  EXPECT_THAT(paths, ElementsAre("/etc/modules-load.d/a.conf", "/usr/lib/modprobe.d/b.conf"));
}

TEST(InitialImage, FollowsLinksToWhatItKeepsAndDoubtsTheRest) {
  const auto content = read(newc({{"etc/modprobe.d/a.conf", "../../usr/lib/modprobe.d/a.conf", 0120777},
                                  {"usr/lib/modprobe.d/a.conf", "options a b=1"},
                                  {"etc/modprobe.d/off.conf", "/dev/null", 0120777},
                                  {"etc/modprobe.d/nix.conf", "/nix/store/x", 0120777},
                                  {"etc/modprobe.d/loop.conf", "loop.conf", 0120777}}));
  EXPECT_EQ(setting(content, "/etc/modprobe.d/a.conf"), "options a b=1");
  EXPECT_EQ(setting(content, "/etc/modprobe.d/off.conf"), "");
  EXPECT_EQ(setting(content, "/etc/modprobe.d/nix.conf"), "unreadable: leads to /nix/store/x, which is not looked at");
  EXPECT_THAT(setting(content, "/etc/modprobe.d/loop.conf"), HasSubstr("unreadable"));
}

/// cpio(1) writes the content with the last name of a file that has several.
TEST(InitialImage, GivesHardLinksTheirContent) {
  const std::vector<testing::ImageEntry> linked = {{"etc/modprobe.d/a.conf", "", 0100644, 5, 3},
                                                   {"usr/lib/modprobe.d/b.conf", "", 0100644, 5, 3},
                                                   {"usr/share/copy", "options c d=1", 0100644, 5, 3}};
  const auto content = read(newc(linked));
  EXPECT_EQ(setting(content, "/etc/modprobe.d/a.conf"), "options c d=1");
  EXPECT_EQ(setting(content, "/usr/lib/modprobe.d/b.conf"), "options c d=1");
  // The numbers of another archive are other files.
  const auto apart = read(newc({{"etc/modprobe.d/a.conf", "", 0100644, 5, 2}}) + newc({{"usr/share/x", "no", 0100644, 5, 2}}));
  EXPECT_EQ(setting(apart, "/etc/modprobe.d/a.conf"), "");
}

TEST(InitialImage, HalfAnImageSaysNothing) {
  const auto whole = main_archive();
  EXPECT_EQ(why(""), "nothing is in it");
  EXPECT_EQ(why(std::string(4096, '\0')), "nothing is in it");
  EXPECT_THAT(why("MZ" + std::string(200, 'x')), HasSubstr("neither a cpio archive nor compressed"));
  EXPECT_THAT(why(newc({{"a", "b"}}, "070707")), HasSubstr("neither a cpio archive nor compressed"));
  for (const std::size_t size : {50u, 120u, 300u, 500u}) EXPECT_EQ(why(whole.substr(0, size)), "cut short") << size;
  const auto without_end = whole.substr(0, whole.rfind("070701"));
  EXPECT_EQ(why(without_end), "cut short");
  EXPECT_EQ(why(packed(without_end, archive_write_add_filter_gzip) + whole), "cut short");
  for (const auto filter : {archive_write_add_filter_gzip, archive_write_add_filter_zstd, archive_write_add_filter_xz}) {
    const auto image = packed(whole, filter);
    EXPECT_FALSE(read(image.substr(0, image.size() / 2)).has_value());
  }
  EXPECT_THAT(why(packed("no archive", archive_write_add_filter_gzip)), HasSubstr("no cpio archive"));
  EXPECT_THAT(why("\x89LZO" + std::string(100, 'x')), HasSubstr("packed with lzo, which this program does not read"));
  auto damaged = whole;
  damaged[20] = 'z';
  EXPECT_THAT(why(damaged), HasSubstr("header is damaged"));
  EXPECT_THAT(why(newc({{"squashfs-root.img", "hsqs"}})), HasSubstr("file system image inside"));
  const auto failing = [] { return Observed<std::string_view>::unreadable("Input/output error"); };
  EXPECT_EQ(read_initial_image(failing).why(), "Input/output error");
}

TEST(InitialImage, IsBounded) {
  const auto image = packed(main_archive(), archive_write_add_filter_gzip);
  EXPECT_THAT(why(main_archive(), {.most_packed = 2000}), HasSubstr("larger than"));
  EXPECT_THAT(why(image, {.most_unpacked = 2000}), HasSubstr("unpacks to more than"));
  EXPECT_THAT(why(image, {.most_entries = 3}), HasSubstr("more than 3 entries"));
  EXPECT_THAT(why(image, {.most_modules = 0}), HasSubstr("more than 0 modules"));
  EXPECT_THAT(why(image, {.most_files = 0}), HasSubstr("too many files"));
  EXPECT_THAT(why(image, {.most_kept_bytes = 20}), HasSubstr("too many files"));
  EXPECT_THAT(why(image, {.patience = std::chrono::milliseconds(-1)}), HasSubstr("not read within"));
  EXPECT_EQ(setting(read(image, 1000, {.most_file_bytes = 5}), "/etc/modprobe.d/vfio.conf"), "unreadable: larger than 5 bytes");
  EXPECT_THAT(why(newc({{"etc/modprobe.d/a.conf", std::string(70'000, 'x'), 0120777}})), HasSubstr("link in it is too long"));
  EXPECT_THAT(why(newc({{std::string(5000, 'x'), ""}})), HasSubstr("name is too long"));
}

}  // namespace
}  // namespace vfio_doctor
