// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_configuration.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <random>

#include "base/text.hpp"
#include "facts/boot/booted_loader.hpp"
#include "facts/boot/grub_config.hpp"
#include "facts/boot/loader_entries.hpp"
#include "facts/boot/other_loaders.hpp"
#include "facts/boot/shell_settings.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> texts(const Observed<BootLine>& line) {
  std::vector<std::string> all;
  if (line.has_value())
    for (const auto& token : line->tokens) all.push_back(token.argument.text());
  return all;
}

BootConfiguration gather(const std::string& text) { return gather_boot_configuration(testing::machine(text)); }

TEST(BootConfiguration, DropInsComeAfterTheMainFileInOrder) {
  const auto boot = gather(R"(
file /etc/os-release
| ID=ubuntu
| ID_LIKE=debian
file /etc/default/grub
| GRUB_CMDLINE_LINUX="a"
| GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
text /etc/default/grub.d/50-cloud.cfg = GRUB_CMDLINE_LINUX_DEFAULT="console=tty1"
text /etc/default/grub.d/60-more.cfg = GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT more"
text /etc/default/grub.d/70-not.cfg.bak = GRUB_CMDLINE_LINUX_DEFAULT="never"
)");
  const auto* setting = boot.find_setting(BootSettingKind::grub_defaults);
  ASSERT_NE(setting, nullptr);
  EXPECT_THAT(texts(setting->line), ElementsAre("a", "console=tty1", "more"));
  EXPECT_EQ(setting->line->tokens[2].place(), "/etc/default/grub.d/60-more.cfg:1");
}

TEST(BootConfiguration, ADropInThatCannotBeReadMakesTheSettingUnknown) {
  const auto boot = gather(R"(
text /etc/default/grub = GRUB_CMDLINE_LINUX="a"
unreadable /etc/default/grub.d/10.cfg Permission denied
)");
  EXPECT_TRUE(boot.find_setting(BootSettingKind::grub_defaults)->line.is_unreadable());
}

TEST(BootConfiguration, LoaderEntriesOfFedora) {
  const auto boot = gather(R"(
text /proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.8.5-301.fc40.x86_64 root=UUID=1 ro rhgb quiet
text /etc/os-release = ID=fedora
text /etc/default/grub = GRUB_ENABLE_BLSCFG=true
text /boot/grub2/grub.cfg = blscfg
file /boot/loader/entries/abc-6.8.5-301.fc40.x86_64.conf
| title Fedora Linux (6.8.5-301.fc40.x86_64) 40
| version 6.8.5-301.fc40.x86_64
| linux /vmlinuz-6.8.5-301.fc40.x86_64
| options root=UUID=1 ro
| options rhgb quiet
file /boot/loader/entries/abc-0-rescue.conf
| title Fedora Linux (0-rescue-abc) 40
| linux /vmlinuz-0-rescue-abc
| options root=UUID=1 ro
)");
  EXPECT_EQ(boot.loader, BootLoader::grub);
  EXPECT_TRUE(boot.grub_reads_loader_entries.is(true));
  ASSERT_EQ(boot.entries.size(), 2u);
  EXPECT_EQ(boot.entries[0].role, BootEntryRole::recovery);
  EXPECT_EQ(boot.entries[1].role, BootEntryRole::normal);
  EXPECT_THAT(texts(boot.entries[1].command_line), ElementsAre("root=UUID=1", "ro")) << "blscfg takes the first line alone";
  EXPECT_TRUE(boot.entries[1].starts_next) << "the first as it sorts them, where nothing is saved";
}

TEST(BootConfiguration, ALoaderEntryAsGrubReadsIt) {
  GrubVariables variables;
  variables.read_environment("default_kernelopts=root=/dev/v ro\n");
  const auto line = [&variables](const std::string& text, EntryReader reader) {
    const auto entry = parse_loader_entry(text, "/boot/loader/entries/e.conf", variables, reader);
    return entry ? texts(entry->command_line) : std::vector<std::string>{"none"};
  };
  const std::string two = "linux /v\noptions a b\noptions c\n";
  EXPECT_THAT(line(two, EntryReader::grub), ElementsAre("a", "b"));
  EXPECT_THAT(line(two, EntryReader::systemd_boot), ElementsAre("a", "b", "c"));
  EXPECT_THAT(line("linux /v\n", EntryReader::grub), ElementsAre("root=/dev/v", "ro"));
  EXPECT_THAT(line("linux /v\n", EntryReader::systemd_boot), ElementsAre());
  EXPECT_THAT(line("linux /v\n\noptions a\n", EntryReader::grub), ElementsAre("root=/dev/v", "ro")) << "it ends there";
  EXPECT_THAT(line("linux /v\n\noptions a\n", EntryReader::systemd_boot), ElementsAre("a"));
  EXPECT_THAT(line("\n linux /v\n", EntryReader::grub), ElementsAre("none"));
}

/// GRUB of Fedora looks for a name before it takes what begins with a digit for a number.
TEST(BootConfiguration, TheSavedLoaderEntryOfFedora) {
  const std::string machine = R"(
file /etc/os-release
| ID=fedora
text /proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.9.4 root=UUID=7 ro
file /boot/grub2/grub.cfg
| if [ -f ${config_directory}/grubenv ]; then
|   load_env -f ${config_directory}/grubenv
| elif [ -s $prefix/grubenv ]; then
|   load_env
| fi
| set default="${saved_entry}"
| blscfg
file /boot/loader/entries/4c0d-6.9.4.conf
| title Fedora (6.9.4)
| linux /vmlinuz-6.9.4
| options root=UUID=7 ro
file /boot/loader/entries/4c0d-6.10.2.conf
| title Fedora (6.10.2)
| linux /vmlinuz-6.10.2
| options root=UUID=7 ro quiet
)";
  const auto next = [&machine](const std::string& saved) {
    for (const auto& entry : gather(machine + "text /boot/grub2/grubenv = saved_entry=" + saved + "\n").entries)
      if (entry.starts_next) return entry.kernel;
    return std::string("?");
  };
  EXPECT_EQ(next("4c0d-6.9.4"), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("Fedora (6.9.4)"), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("1"), "/vmlinuz-6.9.4");
  EXPECT_EQ(next(""), "/vmlinuz-6.10.2");
  EXPECT_EQ(next("gone"), "/vmlinuz-6.10.2");
}

/// It is in GRUB's menu all the same, in its place and under a title that is not known.
TEST(BootConfiguration, ALoaderEntryThatNobodyCouldRead) {
  const std::string machine = R"(
file /etc/os-release
| ID=fedora
text /proc/cmdline = BOOT_IMAGE=(hd0,gpt2)/vmlinuz-6.9.4 root=UUID=7 ro
file /boot/grub2/grub.cfg
| load_env
| set default="${saved_entry}"
| blscfg
file /boot/loader/entries/4c0d-6.9.4.conf
| title Fedora (6.9.4)
| linux /vmlinuz-6.9.4
| options root=UUID=7 ro
)";
  const auto next = [&machine](const std::string& saved, const std::string& more) {
    for (const auto& entry : gather(machine + more + "text /boot/grub2/grubenv = saved_entry=" + saved + "\n").entries)
      if (entry.starts_next) return entry.kernel;
    return std::string("?");
  };
  const std::string newer = "unreadable /boot/loader/entries/4c0d-6.10.2.conf Permission denied\n";
  const std::string older = "unreadable /boot/loader/entries/4c0d-6.8.1.conf Permission denied\n";
  EXPECT_EQ(next("", newer), "?");
  EXPECT_EQ(next("0", newer), "?");
  EXPECT_EQ(next("1", newer), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("4c0d-6.9.4", newer), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("Fedora (6.9.4)", newer), "?") << "it may have the same title";
  EXPECT_EQ(next("4c0d-6.10.2", newer), "?");
  EXPECT_EQ(next("", older), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("Fedora (6.9.4)", older), "/vmlinuz-6.9.4");
  EXPECT_EQ(next("Fedora (6.8.1)", older), "?");
}

TEST(BootConfiguration, CommentedOptionsDoNotCount) {
  const auto entry = parse_loader_entry("linux /v\n# options old\noptions\tnew\n", "e.conf", {});
  ASSERT_TRUE(entry);
  EXPECT_THAT(texts(entry->command_line), ElementsAre("new"));
  EXPECT_FALSE(parse_loader_entry("title rEFInd\nefi /EFI/refind/refind_x64.efi\n", "r.conf", {})) << "no kernel";
}

TEST(BootConfiguration, ProxmoxTakesTheFirstLineOnly) {
  const std::string lines = "file /etc/kernel/cmdline\n| root=ZFS=rpool/ROOT/pve-1 boot=zfs\n| intel_iommu=on\n";
  EXPECT_THAT(texts(gather(lines + "text /etc/kernel/proxmox-boot-uuids = ABCD-1234\n").settings.at(0).line),
              ElementsAre("root=ZFS=rpool/ROOT/pve-1", "boot=zfs"));
  EXPECT_THAT(texts(gather(lines).settings.at(0).line), ElementsAre("root=ZFS=rpool/ROOT/pve-1", "boot=zfs", "intel_iommu=on"));
}

TEST(BootConfiguration, Kernelstub) {
  EXPECT_THAT(texts(parse_kernelstub(R"({"user": {"kernel_options": ["quiet", "intel_iommu=on"]}})", "k")),
              ElementsAre("quiet", "intel_iommu=on"));
  EXPECT_THAT(texts(parse_kernelstub(R"({"user": {"kernel_options": "a b"}})", "k")), ElementsAre("a", "b"));
  EXPECT_TRUE(parse_kernelstub("{", "k").is_unreadable());
  EXPECT_TRUE(parse_kernelstub("[]", "k").is_unreadable());
  EXPECT_TRUE(parse_kernelstub("{}", "k").is_absent());
}

TEST(BootConfiguration, LimineAndRefind) {
  const auto limine = parse_limine(
      "timeout: 3\n/Arch\n    protocol: linux\n    path: boot():/vmlinuz-linux\n"
      "    cmdline: root=UUID=1 rw iommu=pt\n/+Windows\n protocol: efi\n",
      "l");
  ASSERT_EQ(limine.size(), 1u);
  EXPECT_EQ(limine[0].title, "Arch");
  EXPECT_THAT(texts(limine[0].command_line), ElementsAre("root=UUID=1", "rw", "iommu=pt"));
  const auto refind = parse_refind_linux(
      "\"Boot with standard options\"  \"root=UUID=1 rw\"\n# \"a\" \"b\"\n"
      "\"Boot to single-user mode\" \"root=UUID=1 single\"\n",
      "r");
  ASSERT_EQ(refind.size(), 2u);
  EXPECT_THAT(texts(refind[0].command_line), ElementsAre("root=UUID=1", "rw"));
  EXPECT_EQ(refind[1].role, BootEntryRole::recovery);
}

/// A PE file with one section.
std::string unified_image(const std::string& section, const std::string& content) {
  std::string image(0x200, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) image[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  image.replace(0, 2, "MZ");
  put(0x3c, 0x80, 4);
  image.replace(0x80, 4, std::string("PE\0\0", 4));
  put(0x86, 1, 2);
  put(0x94, 0, 2);
  image.replace(0x98, section.size(), section);
  put(0x98 + 8, static_cast<std::uint32_t>(content.size()), 4);
  put(0x98 + 16, 0x200, 4);
  put(0x98 + 20, 0x200, 4);
  return image + content + std::string(0x200 - content.size(), '\0');
}

TEST(BootConfiguration, UnifiedImages) {
  const auto image = unified_image(".cmdline", "root=UUID=1 quiet\n");
  EXPECT_TRUE(command_line_of_unified_image(image).is("root=UUID=1 quiet\n"));
  EXPECT_TRUE(command_line_of_unified_image(unified_image(".osrel", "x")).is_absent());
  EXPECT_TRUE(command_line_of_unified_image("MZ").is_unreadable());
  EXPECT_TRUE(command_line_of_unified_image(std::string_view(image).substr(0, 0x210)).is_unreadable());
}

std::string hex_file(const std::string& path, const std::string& bytes) {
  std::string text = "hex " + path + "\n|";
  for (const char c : bytes) text += " " + hex_text(static_cast<unsigned char>(c), 2);
  return text + "\n";
}

TEST(BootConfiguration, WordsOfAnAddonArePossible) {
  const auto boot = gather("text /proc/cmdline = root=UUID=1 iommu=pt quiet\n" +
                           hex_file("/efi/EFI/Linux/own.efi", unified_image(".cmdline", "root=UUID=1")) +
                           hex_file("/efi/EFI/Linux/own.efi.extra.d/more.addon.efi", unified_image(".cmdline", "iommu=pt")) +
                           hex_file("/efi/loader/addons/all.addon.efi", unified_image(".cmdline", "quiet")));
  ASSERT_EQ(boot.entries.size(), 1u);
  const auto& line = *boot.entries[0].command_line;
  EXPECT_THAT(texts(boot.entries[0].command_line), ElementsAre("root=UUID=1"));
  EXPECT_TRUE(line.may_contain({"iommu", "pt"}));
  EXPECT_TRUE(line.may_contain({"quiet", std::nullopt}));
}

TEST(BootConfiguration, WhichLoaderBooted) {
  EXPECT_EQ(gather("text /proc/cmdline = BOOT_IMAGE=/vmlinuz root=a\n").loader, BootLoader::grub);
  EXPECT_EQ(gather("text /proc/cmdline = BOOT_IMAGE=vmlinuz initrd=x root=a\n").loader, BootLoader::unknown);
  EXPECT_EQ(gather("text /proc/cmdline = root=a\n").loader, BootLoader::unknown);
  EXPECT_EQ(gather("dir /boot\n").loader, BootLoader::unknown);
  const std::string systemd_boot = "text /proc/cmdline = initrd=\\x root=a\ntext /boot/loader/loader.conf = timeout 3\n";
  EXPECT_EQ(gather(systemd_boot).loader, BootLoader::systemd_boot);
  EXPECT_EQ(gather(systemd_boot + "file /boot/refind_linux.conf\n| \"a\" \"b\"\n").loader, BootLoader::unknown)
      << "two that are set up, and none says it was the one";
}

TEST(BootConfiguration, TheLoaderSaysSoInAnEfiVariable) {
  const std::string guid = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f\n| 06 00 00 00 ";
  const auto boot = gather("text /proc/cmdline = root=a\nhex /sys/firmware/efi/efivars/LoaderInfo" + guid +
                           "72 00 45 00 46 00 49 00 6e 00 64 00 20 00 31 00 00 00\n"
                           "hex /sys/firmware/efi/efivars/LoaderEntrySelected" +
                           guid + "61 00 62 00 00 00\n");
  EXPECT_EQ(boot.loader, BootLoader::refind);
  EXPECT_THAT(boot.loader_reason, HasSubstr("rEFInd 1"));
  EXPECT_EQ(boot.selected_entry, "ab");
}

TEST(BootConfiguration, WhatCannotBeReadIsNamedOnce) {
  const auto boot = gather("unreadable /boot/efi Permission denied\nunreadable /boot/loader/entries Permission denied\n");
  std::vector<std::string> files;
  for (const auto& unread : boot.unread) files.push_back(unread.file);
  EXPECT_THAT(files, ::testing::UnorderedElementsAre("/boot/efi", "/boot/loader/entries"));
}

/// Rubbish of several kinds through every reader: nothing may crash, hang or throw.
TEST(BootConfiguration, SurvivesRubbish) {
  std::mt19937 random(20240131);  // fixed: a failure must come again
  constexpr char letters[] =
      "\"'\\$`{}()[]=;#&|<> \n\t\0\xff"
      "abGRUB_CMDLINE_LINUXlinux menuentry set if fi options";
  const std::string alphabet(letters, sizeof letters);
  const auto read_all = [](const std::string& text) {
    ShellSettings settings;
    settings.read(text, "f");
    settings.line({"GRUB_CMDLINE_LINUX", "a", "b"});
    GrubVariables variables;
    variables.read_environment(text);
    parse_grub_config(text, "f", variables);
    expand_grub_line(text, "f", 1, variables);
    parse_loader_entry(text, "f.conf", variables);
    parse_kernelstub(text, "f");
    parse_limine(text, "f");
    parse_refind_linux(text, "f");
    command_line_of_unified_image(text);
    command_line_of_unified_image("MZ" + text);
    KernelArguments::parse(text);
  };
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    const auto length = random() % 400;
    for (unsigned i = 0; i < length; ++i)
      text += round % 3 ? alphabet[random() % alphabet.size()] : static_cast<char>(random());
    ASSERT_NO_THROW(read_all(text)) << ::testing::PrintToString(text);
  }
  const std::string image = unified_image(".cmdline", "a");
  for (int round = 0; round < 3000; ++round) {
    auto broken = image;
    for (int i = 0; i < 4; ++i) broken[0x3c + random() % 0xa0] = static_cast<char>(random());
    ASSERT_NO_THROW(command_line_of_unified_image(broken));
  }
  ASSERT_NO_THROW(read_all(std::string(1 << 20, 'a')));
  ASSERT_NO_THROW(read_all(std::string(1 << 16, '{')));
  ASSERT_NO_THROW(read_all(std::string(1 << 16, '\n')));
  std::string nested;
  for (int i = 0; i < 100000; ++i) nested += "[";
  ASSERT_NO_THROW(read_all(nested));
}

TEST(BootConfiguration, EveryTruncationOfARealFileIsRead) {
  const std::string text =
      "GRUB_CMDLINE_LINUX=\"a ${B} $(c) `d` \\\n e\"\nif [ x ]; then\n A='b'; fi\nmenuentry 'x' {\n linux /v "
      "a=$b \"c d\"\n}\n";
  for (std::size_t length = 0; length <= text.size(); ++length) {
    ShellSettings settings;
    ASSERT_NO_THROW(settings.read(std::string_view(text).substr(0, length), "f"));
    GrubVariables variables;
    ASSERT_NO_THROW(parse_grub_config(std::string_view(text).substr(0, length), "f", variables));
  }
}

}  // namespace
}  // namespace vfio_doctor
