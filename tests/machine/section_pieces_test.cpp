// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/image/section_pieces.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "machine/images.hpp"
#include "machine/pe_sections.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using testing::pieces_of;
using testing::unified_image;

/// What the section holds, else why that is not known.
std::string content(const std::string& image, std::size_t at_a_time = 1000, const SectionBounds& bounds = {}) {
  auto pieces = section_pieces(pieces_of(image, at_a_time), ".initrd", bounds);
  if (!pieces.has_value()) return "no: " + pieces.why();
  std::string bytes;
  for (;;) {
    const auto piece = pieces.value()();
    if (!piece.has_value()) return "no: " + piece.why();
    if (piece->empty()) return bytes;
    bytes += *piece;
  }
}

std::string image_of(const std::string& initrd) {
  return unified_image({{".text", "stub"}, {".cmdline", "root=a"}, {".linux", std::string(3000, 'k')}, {".initrd", initrd}});
}

TEST(SectionPieces, GivesTheSectionAlone) {
  for (const std::size_t at_a_time : {1u, 7u, 4096u, 1u << 20})
    for (const std::size_t size : {0u, 1u, 511u, 512u, 5000u}) {
      const std::string initrd(size, 'i');
      EXPECT_EQ(content(image_of(initrd), at_a_time), initrd) << size << " at " << at_a_time;
    }
  EXPECT_EQ(content(unified_image({{".initrd", "first"}, {".linux", "kernel"}}), 3), "first");
}

TEST(SectionPieces, NoneIsNotAnEmptyOne) {
  EXPECT_EQ(content(unified_image({{".linux", "kernel"}})), "no: absent");
  EXPECT_EQ(content(unified_image({{".initrd2", "other"}})), "no: absent");
}

TEST(SectionPieces, WhichProfileWasStartedIsNotGuessed) {
  EXPECT_EQ(content(unified_image({{".initrd", "of all"}, {".profile", "ID=a"}, {".profile", "ID=b"}})), "of all");
  EXPECT_THAT(content(unified_image({{".initrd", "of all"}, {".profile", "ID=a"}, {".initrd", "of a"}})),
              HasSubstr("more than one section .initrd"));
  EXPECT_THAT(content(unified_image({{".profile", "ID=a"}, {".profile", "ID=b"}, {".initrd", "of b"}})),
              HasSubstr("that of a profile"));
}

TEST(SectionPieces, HalfAFileIsCutShort) {
  const auto image = image_of(std::string(5000, 'i'));
  EXPECT_EQ(content(image.substr(0, 0x1000)), "no: cut short");
  EXPECT_EQ(content(image.substr(0, image.size() - 700)), "no: cut short");
  EXPECT_EQ(content(image.substr(0, 0x1a0)), "no: its section table is cut short");
  for (const std::size_t size : {0u, 1u, 2u, 0x3fu, 0x40u, 0x97u})
    EXPECT_EQ(content(image.substr(0, size)), "no: not an EFI program");
  const auto failing = [] { return Observed<std::string_view>::unreadable("Input/output error"); };
  EXPECT_EQ(section_pieces(failing, ".initrd").why(), "Input/output error");
}

TEST(SectionPieces, IsBounded) {
  auto image = image_of("x");
  EXPECT_THAT(content(image, 1000, {.most_table_bytes = 0x100}), HasSubstr("cut short"));
  EXPECT_THAT(content(image, 1000, {.most_file_bytes = 4096}), HasSubstr("ends beyond 0 MiB"));
  image.replace(0x98 + 0xf0 + 3 * 40 + 8, 16, std::string(16, '\xff'));  // sizes and place at 4 GiB
  EXPECT_THAT(content(image), HasSubstr("ends beyond 1024 MiB"));
  image.replace(0x3c, 4, "\xff\xff\xff\xff");
  EXPECT_EQ(content(image), "no: not an EFI program");
}

TEST(PeSections, TheFirstProfileCountsBeforeWhatAllHave) {
  const auto text_of = [](const std::string& image) {
    const auto section = section_of_unified_image(image, ".cmdline");
    if (!section.has_value()) return section.why();
    return image.substr(static_cast<std::size_t>(section->offset), static_cast<std::size_t>(section->size));
  };
  EXPECT_EQ(text_of(unified_image({{".cmdline", "all"}, {".profile", ""}, {".profile", ""}, {".cmdline", "second"}})), "all");
  EXPECT_EQ(text_of(unified_image({{".cmdline", "all"}, {".profile", ""}, {".cmdline", "first"}})), "first");
  EXPECT_EQ(text_of(unified_image({{".profile", ""}, {".profile", ""}, {".cmdline", "second"}})), "absent");
  EXPECT_EQ(text_of(unified_image({{".cmdline", "a"}, {".cmdline", "b"}})), "it has two sections .cmdline");
}

}  // namespace
}  // namespace vfio_doctor
