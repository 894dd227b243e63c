// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/shell_settings.hpp"

#include <gmock/gmock.h>

#include <string>

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Certainty = ShellSettings::Certainty;

std::vector<std::string> texts(const std::vector<BootToken>& tokens) {
  std::vector<std::string> all;
  for (const auto& token : tokens) all.push_back(token.argument.text() + "@" + token.place());
  return all;
}

BootLine line_of(std::string_view text) {
  ShellSettings settings;
  settings.read(text, "g");
  return settings.line({"A", "B"});
}

TEST(ShellSettings, KnowsWhereEveryWordStands) {
  const auto line = line_of("# comment A=no\nA=\"quiet intel_iommu=on\"\nB='x y' # more\n");
  EXPECT_THAT(texts(line.tokens), ElementsAre("quiet@g:2", "intel_iommu=on@g:2", "x@g:3", "y@g:3"));
  EXPECT_EQ(line.unknown_part, "");
}

TEST(ShellSettings, LinesGoOnBehindABackslash) {
  EXPECT_THAT(texts(line_of("A=\"\\\na=1 \\\nb=2\"\n").tokens), ElementsAre("a=1@g:2", "b=2@g:3"));
}

TEST(ShellSettings, ExpandsWhatWasSetBefore) {
  const auto line = line_of("B=old\nA=\"$B one\"\nA+=\" two\"\nB=\"${A} three\"\nA=\n");
  EXPECT_THAT(texts(line.tokens), ElementsAre("old@g:1", "one@g:2", "two@g:3", "three@g:4"));
}

TEST(ShellSettings, TheLaterAssignmentWins) {
  EXPECT_THAT(texts(line_of("A=first\nA=\"second\"\n").tokens), ElementsAre("second@g:2"));
}

TEST(ShellSettings, EscapesInDoubleQuotes) {
  EXPECT_THAT(texts(line_of(R"(A="acpi_osi=\"!Windows 2012\" c=\$d e=\f")").tokens),
              ElementsAre("acpi_osi=!Windows 2012@g:1", "c=$d@g:1", "e=\\f@g:1"));
}

TEST(ShellSettings, SingleQuotesExpandNothing) {
  EXPECT_THAT(texts(line_of("B=x\nA='$B \\'").tokens), ElementsAre("$B@g:2", "\\@g:2", "x@g:1"));
}

TEST(ShellSettings, AFileThatAShellRefusesSetsNothingForSure) {
  for (const std::string_view text : {"A=\"x y\nC=1\n", "A='x y", "A=x\nB=$(y\n"}) {
    const auto line = line_of(text);
    EXPECT_THAT(line.tokens, IsEmpty()) << text;
    EXPECT_FALSE(line.possible.empty()) << text;
    EXPECT_THAT(line.unknown_part, HasSubstr("never closed")) << text;
  }
}

TEST(ShellSettings, CommandsAreNotRunAndTheirOutputIsUnknown) {
  for (const std::string_view text :
       {"A=\"quiet x=$(hostname) y\"", "A=\"quiet x=`hostname` y\"", "A=\"quiet x=${HOST:-none} y\"", "A=\"quiet x=$1 y\""}) {
    const auto line = line_of(text);
    EXPECT_THAT(texts(line.tokens), ElementsAre("quiet@g:1", "y@g:1")) << text;
    EXPECT_THAT(line.unknown_part, HasSubstr("g:1")) << text;
  }
  EXPECT_EQ(line_of("GRUB_DISTRIBUTOR=`lsb_release -i -s 2> /dev/null || echo Debian`\nA=x\n").unknown_part, "")
      << "an unknown value elsewhere does not matter";
}

TEST(ShellSettings, WhatALoopHandsAroundIsUnknown) {
  const auto line = line_of("A=quiet\nfor word in iommu=pt splash; do A=\"$A $word\"; done\n");
  EXPECT_THAT(texts(line.tokens), ElementsAre("quiet@g:1"));
  EXPECT_NE(line.unknown_part, "");
}

TEST(ShellSettings, AHomeDirectoryIsUnknown) {
  for (const std::string value : {"~", "~/x", "a:~"}) EXPECT_NE(line_of("A=" + value + "\n").unknown_part, "") << value;
  for (const std::string value : {"\"~\"", "'~'", "a~", "\\~"})
    EXPECT_EQ(line_of("A=" + value + "\n").unknown_part, "") << value;
}

TEST(ShellSettings, ExpansionsThatAskWhetherANameIsSet) {
  const auto words = [](const std::string& text) { return texts(line_of(text).tokens); };
  EXPECT_THAT(words("GRUB_X=\"a b\"\nA=\"${GRUB_X:+$GRUB_X }c\"\n"), ElementsAre("a@g:1", "b@g:1", "c@g:2"));
  EXPECT_THAT(words("A=\"${GRUB_X:+$GRUB_X }c\"\n"), ElementsAre("c@g:1"));
  EXPECT_THAT(words("A=\"${GRUB_X:-d} c\"\n"), ElementsAre("d@g:1", "c@g:1"));
  EXPECT_THAT(words("GRUB_X=\nA=\"${GRUB_X-d} c ${GRUB_X+e}\"\n"), ElementsAre("c@g:2", "e@g:2"));
  EXPECT_THAT(words("GRUB_X=\nA=\"${GRUB_X:-d} c ${GRUB_X:+e}\"\n"), ElementsAre("d@g:2", "c@g:2"));
  // What the environment may set is not known; nor is a value that came from a command.
  EXPECT_NE(line_of("A=\"${X:+d} c\"\n").unknown_part, "");
  EXPECT_NE(line_of("GRUB_X=$(x)\nA=\"${GRUB_X:+d} c\"\n").unknown_part, "");
  EXPECT_NE(line_of("A=\"${GRUB_X%d} c\"\n").unknown_part, "");
}

TEST(ShellSettings, ExpansionsInsideEachOtherAreBounded) {
  std::string text = "A=\"";
  for (int i = 0; i < 10'000; ++i) text += "${GRUB_X:-";
  EXPECT_NE(line_of(text).unknown_part, "");
  for (int i = 0; i < 10'000; ++i) text += "}";
  EXPECT_NE(line_of(text + "\"\n").unknown_part, "");
}

TEST(ShellSettings, WhatStandsUnderAConditionIsOnlyPossible) {
  for (const std::string_view text :
       {"A=a\nif [ -e /x ]; then\n  A=\"$A b\"\nfi\n", "A=a\n[ -e /x ] && A=\"$A b\"\n", "A=a\nfalse || A=\"$A b\"\n",
        "A=a\ncase $x in\n  y) A=\"$A b\" ;;\nesac\n", "A=a\n( A=\"$A b\" )\n", "A=a\nf() {\nA=\"$A b\"\n}\n"}) {
    const auto line = line_of(text);
    EXPECT_THAT(texts(line.tokens), ElementsAre("a@g:1")) << text;
    EXPECT_TRUE(line.may_contain({"b", std::nullopt})) << text;
  }
  const auto after = line_of("if x; then B=1; fi\nA=sure\n");
  EXPECT_THAT(texts(after.tokens), ElementsAre("sure@g:2"));
}

TEST(ShellSettings, AnAssignmentBeforeACommandIsForThatCommandOnly) {
  EXPECT_THAT(texts(line_of("A=quiet splash\n").tokens), IsEmpty()) << "quotes were forgotten: a shell sets nothing";
  EXPECT_THAT(texts(line_of("export A=quiet\n").tokens), ElementsAre("quiet@g:1"));
}

TEST(ShellSettings, TellsWhatComesToNothing) {
  ShellSettings settings;
  settings.read(
      "GRUB_A=\"quiet x=1 y=2\"\nGRUB_A=\"y=2\"\nGRUB_B=quiet z=3\nGRUB_C=quiet splash w=4\nGRUB_D=a\nGRUB_D=\"$GRUB_D b\"\n",
      "g");
  EXPECT_THAT(texts(settings.lost({"GRUB_A"})), ElementsAre("quiet@g:1", "x=1@g:1"));
  EXPECT_THAT(texts(settings.lost({"GRUB_B"})), ElementsAre("z=3@g:3")) << "outside the quotes";
  EXPECT_THAT(texts(settings.lost({"GRUB_C"})), ElementsAre("splash@g:4", "w=4@g:4")) << "a shell runs a program of that name";
  EXPECT_THAT(texts(settings.lost({"GRUB_D"})), IsEmpty()) << "taken on by the later one";
  EXPECT_THAT(texts(settings.lost({"GRUB_A", "GRUB_B"})), ElementsAre("x=1@g:1", "z=3@g:3")) << "another name has it";
  settings.read(". /etc/other\n", "h");
  EXPECT_THAT(texts(settings.lost({"GRUB_A"})), IsEmpty()) << "not known";
}

TEST(ShellSettings, SaysWhenAnotherFileCouldChangeEverything) {
  EXPECT_THAT(line_of("A=x\n. /etc/other\n").unknown_part, HasSubstr("g:2"));
  EXPECT_THAT(line_of("A=\"never closed\n").unknown_part, HasSubstr("never closed"));
}

TEST(ShellSettings, DropInsThatMayNotBeReadAreOnlyPossible) {
  ShellSettings settings;
  settings.read("A=a", "g");
  settings.read("A=\"$A b\"", "d", Certainty::possible);
  const auto line = settings.line({"A"});
  EXPECT_THAT(texts(line.tokens), ElementsAre("a@g:1"));
  EXPECT_TRUE(line.may_contain({"b", std::nullopt}));
  EXPECT_EQ(settings.text("A"), std::nullopt);
}

TEST(ShellSettings, GrowthIsBounded) {
  std::string text = "A=xxxxxxxxxxxxxxxx\n";
  for (int i = 0; i < 4000; ++i) text += "A=\"$A $A\"\n";
  const auto line = line_of(text);
  EXPECT_NE(line.unknown_part, "");
  std::string conditions = "A=x\n";
  for (int i = 0; i < 4000; ++i) conditions += "[ 1 ] && A=\"$A$A y\"\n";
  EXPECT_NE(line_of(conditions).unknown_part, "");
}

}  // namespace
}  // namespace vfio_doctor
