// SPDX-License-Identifier: GPL-2.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/page.hpp"
#include "reports/page_words.hpp"

namespace vfio_doctor {
namespace {

std::string plain(std::string_view markdown, Color color = Color::off) {
  return render_page(markdown, {color, 40, Verbosity::normal}, PageForm::plain);
}

TEST(PlainPage, HasNoMarks) {
  EXPECT_EQ(plain("# Title\n\nRun `vfio-doctor groups`, *then* look at **every** group.\n\n```\nsudo x\n```\n\n- one `two`\n"),
            "Title\n\nRun vfio-doctor groups, then look at\nevery group.\n\n    sudo x\n\n- one two\n");
}

TEST(PlainPage, MarkedWordsAreBold) {
  EXPECT_EQ(plain("Say `a b`, c.\n", Color::on), "Say \x1b[1ma\x1b[0m \x1b[1mb,\x1b[0m c.\n");
  EXPECT_EQ(plain("## Why\n", Color::on), "\x1b[1mWhy\x1b[0m\n");
}

TEST(PlainPage, AStarThatMarksNothingStays) {
  EXPECT_EQ(plain("2 * 3, `vfio-doctor-check-*` and shim-* stay.\n"), "2 * 3, vfio-doctor-check-* and shim-*\nstay.\n");
}

TEST(PlainPage, WhatOthersWroteIsHarmless) {
  EXPECT_EQ(plain("a `\x1b[31m` b\n"), "a \\x1b[31m b\n");
  EXPECT_EQ(plain("`open to the end\n"), "open to the end\n");
  const std::string long_word(100, 'x');
  EXPECT_THAT(plain("`" + long_word + "` y\n", Color::on), ::testing::HasSubstr(" y\n"));
}

}  // namespace
}  // namespace vfio_doctor
