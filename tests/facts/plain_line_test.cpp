// SPDX-License-Identifier: GPL-2.0-or-later
// Which lines of a host's settings can be changed as they stand: every other form is a person's.
#include <gmock/gmock.h>

#include "facts/boot/boot_configuration.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::Eq;
using ::testing::Optional;
using namespace testing;

std::optional<std::string> words_of(const std::string& text, std::string_view name = "WORDS") {
  const auto line = plain_assignment({{"/f", text}}, name);
  return line ? std::optional(line->words) : std::nullopt;
}

TEST(PlainLine, AnAssignmentInQuotes) {
  EXPECT_THAT(words_of("WORDS=\"quiet splash\"\n"), Optional(Eq("quiet splash")));
  EXPECT_THAT(words_of("A=b\n# WORDS=\"old\"\nWORDS='quiet'"), Optional(Eq("quiet")));
  EXPECT_THAT(words_of("MY_WORDS=1\nWORDS_2=2\nWORDS=\"\"  \n"), Optional(Eq("")));
  EXPECT_THAT(words_of("KERNEL[default]+=\" quiet\"\n", "KERNEL[default]"), Optional(Eq(" quiet")));
  const auto line = plain_assignment({{"/f", "A=1\nWORDS=\"x\" \n"}}, "WORDS");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->text(), "WORDS=\"x\" ");
  EXPECT_EQ(line->number, 2U);
}

TEST(PlainLine, OtherFormsAreNone) {
  for (const std::string text : {"",
                                 "WORDS=quiet\n",
                                 "WORDS=\n",
                                 "WORDS=\"a\"\nWORDS=\"b\"\n",
                                 "WORDS=\"a\"\nWORDS+=\" b\"\n",
                                 "WORDS=\"a \\\nb\"\n",
                                 "WORDS=\"a $B\"\n",
                                 "WORDS=\"a\" # why\n",
                                 "WORDS=\"a\"; B=1\n",
                                 " WORDS=\"a\"\n",
                                 "export WORDS=\"a\"\n",
                                 "WORDS=\"a`b`\"\n",
                                 "WORDS=\"a'b\"\n",
                                 "WORDS=\"a\"b\n",
                                 "WORDS=\"a -- b\"\n",
                                 "WORDS=\"a\r\"\n",
                                 "WORDS=\"a\xc3\xa4\"\n",
                                 "A=x \\\nWORDS=\"a\"\n",
                                 "WORDS=\"a\n",
                                 "WORDS=\"a\"\nB=1 WORDS=\"b\"\n"})
    EXPECT_EQ(words_of(text), std::nullopt) << text;
  EXPECT_FALSE(plain_assignment({{"/f", "WORDS=\"a\"\n"}, {"/g", "WORDS=\"a\"\n"}}, "WORDS"));
}

TEST(PlainLine, AFileOfOneLine) {
  EXPECT_EQ(plain_only_line("root=/dev/a ro", "/f")->words, "root=/dev/a ro");
  EXPECT_EQ(plain_only_line("\n root=/dev/a ro \n\n", "/f")->text(), " root=/dev/a ro ");
  for (const std::string text : {"", "\n", "a\nb\n", "# a\nb\n", "b\n# a\n", "a=\"b c\"\n", "a -- b\n", "a\\\n"})
    EXPECT_FALSE(plain_only_line(text, "/f")) << text;
}

std::vector<PlainLine> grub_lines(const std::string& machine_text) {
  const auto host = gather_boot_configuration(machine(machine_text));
  const auto* setting = host.find_setting(BootSettingKind::grub_defaults);
  return setting ? setting->plain_lines : std::vector<PlainLine>();
}

/// What a shell would make of the files decides, not what a line looks like.
TEST(PlainLine, AnAssignmentThatDoesNotCountIsNone) {
  EXPECT_EQ(grub_lines("file /etc/default/grub\n| GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n| GRUB_CMDLINE_LINUX=\"\"\n").size(),
            2U);
  const std::string line = "| GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n";
  for (const std::string& text :
       {"| if true; then\n" + line + "| fi\n", "| . /etc/more\n" + line, "| cat <<END\n" + line + "| END\n", "| A=\"\n" + line})
    EXPECT_TRUE(grub_lines("file /etc/default/grub\n" + text).empty()) << text;
  EXPECT_TRUE(grub_lines("file /etc/default/grub\n" + line +
                         "text /etc/default/grub.d/x.cfg = GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT a\"\n")
                  .empty());
}

TEST(PlainLine, OnlyTheAdministratorsOwnFileAndNothingThatGoesBeforeIt) {
  const auto lines = [](const std::string& text) {
    const auto host = gather_boot_configuration(machine(text));
    const auto* setting = host.find_setting(BootSettingKind::kernel_cmdline);
    return setting ? setting->plain_lines.size() : 0;
  };
  EXPECT_EQ(lines("text /etc/kernel/cmdline = root=/dev/a ro\n"), 1U);
  EXPECT_EQ(lines("text /usr/lib/kernel/cmdline = root=/dev/a ro\n"), 0U);
  EXPECT_EQ(lines("text /etc/kernel/cmdline = root=/dev/a ro\ntext /etc/cmdline.d/a.conf = quiet\n"), 0U);
}

TEST(PlainLine, EntriesOfOneLine) {
  const auto line_of = [](const std::string& text) -> std::string {
    const auto host = gather_boot_configuration(machine(text));
    return host.entries.empty() || !host.entries.front().plain_line ? "none" : host.entries.front().plain_line->text();
  };
  const std::string entry = "file /boot/loader/entries/a.conf\n| linux /v\n";
  EXPECT_EQ(line_of(entry + "| options  root=/dev/a ro\n"), "options  root=/dev/a ro");
  EXPECT_EQ(line_of(entry + "| options root=/dev/a\n| options ro\n"), "none");
  EXPECT_EQ(line_of(entry + "| options root=/dev/a $tuned_params\n"), "none");
  EXPECT_EQ(line_of("file /boot/refind_linux.conf\n| \"Boot\"  \"root=/dev/a ro\"\n"), "\"Boot\"  \"root=/dev/a ro\"");
  EXPECT_EQ(line_of("file /boot/refind_linux.conf\n| \"Boot\" \"root=/dev/a a=\"\"b c\"\"\"\n"), "none");
  const std::string label = "file /boot/syslinux/syslinux.cfg\n| LABEL a\n| LINUX /v\n";
  EXPECT_EQ(line_of(label + "|   APPEND root=/dev/a ro\n"), "  APPEND root=/dev/a ro");
  EXPECT_EQ(line_of(label + "| APPEND root=/dev/a\n| APPEND root=/dev/a ro\n"), "none");
}

}  // namespace
}  // namespace vfio_doctor
