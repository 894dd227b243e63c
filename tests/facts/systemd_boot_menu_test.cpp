// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/systemd_boot_menu.hpp"

#include <gmock/gmock.h>

#include "facts/boot/boot_configuration.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

struct File {
  std::string name, text;
};

/// The file that starts next, "?" where that is not known or none of this system's.
std::string next_of(const std::vector<File>& files, const std::vector<std::string>& wanted) {
  SystemdBootMenu menu;
  for (std::size_t i = 0; i < files.size(); ++i) menu.add_entry(files[i].name, files[i].text, i);
  const auto next = menu.next(wanted);
  return next ? files[*next].name : "?";
}

std::string entry(const std::string& sort_key, const std::string& version) {
  return (sort_key.empty() ? "" : "sort-key " + sort_key + "\n") + "version " + version + "\nlinux /v\n";
}

TEST(SystemdBootMenu, TheFirstStartsWhereNobodySaysOtherwise) {
  EXPECT_EQ(next_of({{"a-6.9.conf", entry("", "6.9")}, {"a-6.10.conf", entry("", "6.10")}}, {}), "a-6.10.conf");
  EXPECT_EQ(next_of({{"z.conf", entry("b", "1")}, {"y.conf", entry("b", "2")}, {"x.conf", entry("c", "9")}}, {}), "y.conf");
  EXPECT_EQ(next_of({{"z-9.conf", entry("", "9")}, {"a.conf", entry("k", "1")}}, {}), "a.conf") << "those with a key go first";
  EXPECT_EQ(next_of({{"9.conf", entry("k", "9") + "machine-id bb\n"}, {"1.conf", entry("k", "1") + "machine-id aa\n"}}, {}),
            "1.conf");
  EXPECT_EQ(next_of({{"arch-fallback.conf", entry("", "")}, {"arch.conf", entry("", "")}}, {}), "arch.conf");
}

TEST(SystemdBootMenu, WhatFailedToStartGoesLast) {
  EXPECT_EQ(next_of({{"n-3+0-3.conf", entry("k", "3")}, {"n-2+1-2.conf", entry("k", "2")}}, {}), "n-2+1-2.conf");
  EXPECT_EQ(next_of({{"n+2.conf", entry("k", "3")}, {"n+3.conf", entry("k", "3")}}, {}), "n+3.conf");
  EXPECT_EQ(next_of({{"n-3+x.conf", entry("k", "3")}, {"n-2.conf", entry("k", "2")}}, {}), "n-3+x.conf") << "no counter";
}

TEST(SystemdBootMenu, Patterns) {
  const std::vector<File> files = {{"arch.conf", entry("", "")},
                                   {"Lts+2.conf", entry("", "")},
                                   {"zen-6.9.conf", entry("", "6.9")},
                                   {"zen-6.10.conf", entry("", "")}};
  EXPECT_EQ(next_of(files, {"lts.conf"}), "Lts+2.conf") << "small letters, and no counter";
  EXPECT_EQ(next_of(files, {"LTS.CONF"}), "Lts+2.conf");
  EXPECT_EQ(next_of(files, {"zen-*"}), "zen-6.10.conf");
  EXPECT_EQ(next_of(files, {"zen-[0-9].?.conf"}), "zen-6.9.conf");
  EXPECT_EQ(next_of(files, {"gone.conf", "arch.conf"}), "arch.conf");
  EXPECT_EQ(next_of(files, {"gone.conf"}), "zen-6.10.conf");
  EXPECT_EQ(next_of(files, {"arch"}), "?") << "that counts before systemd 250 and not after";
  EXPECT_EQ(next_of(files, {"auto-windows"}), "?");
}

TEST(SystemdBootMenu, EntriesOfOthersCountAndThoseThatStartNothingDoNot) {
  SystemdBootMenu menu;
  menu.add_entry("a.conf", "linux /v\n", 0);
  menu.add_entry("windows.conf", "efi /EFI/w.efi\n", std::nullopt);
  menu.add_entry("z.conf", "title nothing\n", std::nullopt);
  menu.add_entry("auto-z.conf", "linux /v\n", 1);
  EXPECT_EQ(menu.next({}), std::nullopt) << "another system's is first";
  EXPECT_EQ(menu.next({"a.conf"}), 0u);
  menu.is_incomplete();
  EXPECT_EQ(menu.next({"a.conf"}), 0u);
  EXPECT_EQ(menu.next({"b.conf"}), std::nullopt) << "it may lie where nobody could look";
}

TEST(SystemdBootMenu, VersionsAsSystemdComparesThem) {
  const std::vector<std::string> sorted = {"122.1",   "123~rc1-1", "123",     "123-a",   "123-a.1", "123-1",
                                           "123-1.1", "123^post1", "123.a-1", "123.1-1", "123a-1",  "124-1"};
  for (std::size_t i = 0; i < sorted.size(); ++i)
    for (std::size_t j = 0; j < sorted.size(); ++j)
      EXPECT_EQ(compare_versions_as_systemd(sorted[i], sorted[j]), i < j ? -1 : i > j ? 1 : 0) << sorted[i] << " " << sorted[j];
  EXPECT_EQ(compare_versions_as_systemd("1_2", "12"), -1);
  EXPECT_EQ(compare_versions_as_systemd("007", "7"), 0);
}

TEST(SystemdBootMenu, OnAHost) {
  const std::string host =
      "text /proc/cmdline = initrd=\\i root=a\ntext /boot/loader/loader.conf = timeout 3\n"
      "file /boot/loader/entries/4c0d-6.9.conf\n| linux /v\n| options root=a\n"
      "file /boot/loader/entries/4c0d-6.10.conf\n| linux /v\n| options \"root=a quiet\"\n";
  const auto next = [](const std::string& text) {
    for (const auto& one : gather_boot_configuration(testing::machine(text)).entries)
      if (one.starts_next) return one.id + " " + std::to_string(one.command_line->tokens.size());
    return std::string("?");
  };
  EXPECT_EQ(next(host), "4c0d-6.10 2") << "quotes around all of a value are none";
  EXPECT_EQ(next(host + "text /boot/efi/loader/loader.conf = default 4c0d-6.9.conf\n"), "4c0d-6.9 1");
  EXPECT_EQ(next(host + "unreadable /boot/efi/loader/entries Permission denied\n"), "?");
  EXPECT_EQ(next(host + "unreadable /boot/efi/EFI/Linux Permission denied\n"), "?");
  EXPECT_EQ(next(host + "unreadable /boot/grub/grub.cfg Permission denied\n"), "4c0d-6.10 2") << "it is another loader's";
  EXPECT_EQ(next(host + "text /etc/kernel/proxmox-boot-uuids = 1A2B-3C4D\n"), "4c0d-6.10 2")
      << "nor does Proxmox' tool hide it";
  EXPECT_EQ(next(host + "file /boot/efi/loader/loader.conf\n| default gone*\n| default 4c0d-6.9.conf\n"), "4c0d-6.9 1")
      << "the last line counts";
  EXPECT_EQ(next(host + "text /boot/efi/loader/loader.conf = preferred 4c0d-6.9.conf\n"), "?");
}

}  // namespace
}  // namespace vfio_doctor
