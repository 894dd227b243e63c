// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/printable.hpp"

#include <gtest/gtest.h>

namespace vfio_doctor {
namespace {

using namespace std::string_literals;

TEST(Printable, LeavesOrdinaryTextAlone) {
  EXPECT_EQ(printable("Intel Corporation Wireless 8260"), "Intel Corporation Wireless 8260");
  EXPECT_EQ(printable("Gr\xc3\xb6\xc3\x9f"
                      "e \xe2\x9c\x93 \xf0\x9f\x90\xa7"),
            "Gr\xc3\xb6\xc3\x9f"
            "e \xe2\x9c\x93 \xf0\x9f\x90\xa7");
}

TEST(Printable, ShowsControlCharacters) {
  EXPECT_EQ(printable("\x1b[31m"), "\\x1b[31m");
  EXPECT_EQ(printable("a\0b\n\r\t\x7f"s), "a\\x00b\\x0a\\x0d\\x09\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"
                      "1m"),
            "\\x9b1m")
      << "CSI of the C1 controls, as UTF-8";
}

TEST(Printable, ShowsWhatIsInvisibleOrTurnsTextAround) {
  EXPECT_EQ(printable("\xe2\x80\xae"), "\\u{202e}");
  EXPECT_EQ(printable("\xe2\x81\xa6"), "\\u{2066}");
  EXPECT_EQ(printable("a\xe2\x80\x8b"
                      "b"),
            "a\\u{200b}b");
  EXPECT_EQ(printable("\xef\xbb\xbf"), "\\u{feff}");
  EXPECT_EQ(printable("\xe2\x80\xa8"), "\\u{2028}");
  EXPECT_EQ(printable("\xf3\xa0\x81\x81"), "\\u{e0041}");
  EXPECT_EQ(printable("\xef\xbf\xbf"), "\\u{ffff}");
}

TEST(Printable, ShowsBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(printable("\xc3"), "\\xc3") << "cut short";
  EXPECT_EQ(printable("\xe2\x80"), "\\xe2\\x80");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf") << "overlong";
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
}

TEST(Printable, KeepsLineEndsWhereAsked) { EXPECT_EQ(printable_lines("a\nb\r\x1b"), "a\nb\\x0d\\x1b"); }

TEST(Printable, CountsColumns) {
  EXPECT_EQ(text_width(""), 0u);
  EXPECT_EQ(text_width("Gr\xc3\xb6\xc3\x9f"
                       "e"),
            5u);
  EXPECT_EQ(first_columns("Gr\xc3\xb6\xc3\x9f"
                          "e",
                          3),
            "Gr\xc3\xb6");
  EXPECT_EQ(first_columns("abc", 0), "");
  EXPECT_EQ(first_columns("abc", 7), "abc");
}

}  // namespace
}  // namespace vfio_doctor
