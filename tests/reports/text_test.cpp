// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/printable.hpp"
#include "base/short_name.hpp"
#include "base/text.hpp"
#include "reports/groups.hpp"
#include "reports/page.hpp"
#include "reports/sample_reports.hpp"
#include "reports/sentences.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const TextStyle plain;

std::size_t widest(const std::string& text) {
  std::size_t width = 0;
  for (const std::string_view line : split_lines(text)) width = std::max(width, text_width(line));
  return width;
}

TEST(RenderText, FitsTheTerminal) {
  for (const NamedReport& each : golden_reports())
    for (const unsigned columns : {60u, 80u, 200u})
      for (const Verbosity verbosity : {Verbosity::normal, Verbosity::verbose}) {
        Report report = each.report;
        for (Finding& finding : report.findings)
          for (Remedy& remedy : finding.remedy) remedy.commands.clear(), remedy.undo.clear();
        EXPECT_LE(widest(render_text(report, {Color::off, columns, verbosity})), columns) << each.name;
      }
}

TEST(RenderText, NeverBreaksACommand) {
  const std::string command = iommu_off().findings[0].remedy[0].commands[0];
  EXPECT_THAT(render_text(iommu_off(), {Color::off, 40, Verbosity::normal}), HasSubstr("\n      " + command + "\n"));
}

TEST(RenderText, ProblemsComeBeforeDevicesAndTheVerdictFirst) {
  const std::string text = render_text(iommu_off(), plain);
  EXPECT_THAT(text, StartsWith("Not ready: "));
  EXPECT_LT(text.find("FAIL"), text.find("WARN"));
  EXPECT_LT(text.find("WARN"), text.find("ADDRESS"));
}

TEST(RenderText, ProtectionIsAReasonAndNoProblem) {
  const std::string text = render_text(ready_laptop(), plain);
  EXPECT_THAT(text, Not(HasSubstr("root-disk")));
  EXPECT_THAT(text, HasSubstr("holds / (ext4 on LVM on LUKS on nvme0n1p3)"));
  EXPECT_THAT(render_text(selected_root_disk(), plain), HasSubstr("FAIL  Disks the host lives on [root-disk]"))
      << "asked about this very device, it is what stands in the way";
}

TEST(Sentences, ASubjectOfSeveralFindingsIsNamedOnce) {
  std::vector<Finding> findings(3);
  for (Finding& each : findings) each.subject = host_subject;
  findings[2].subject = "0000:01:00.0";
  const std::vector<const Finding*> all = {&findings[0], &findings[1], &findings[2]};
  EXPECT_EQ(subject_list(all, 0, 4), "this host, 0000:01:00.0");
  EXPECT_EQ(subject_list(all, 0, 1), "this host and 1 more");
}

/// To leave out less than the words about it take helps nobody.
TEST(Excerpt, IsOnlyMadeWhereItMakesRoom) {
  const std::string text = "one two three four five six seven eight nine ten eleven twelve";
  EXPECT_EQ(excerpt_of_all(text, text.size() - 5, Verbosity::normal), text);
  EXPECT_EQ(excerpt_of_all(text, 14, Verbosity::normal), "one two three... (--all tells the rest)");
  EXPECT_THAT(excerpt_of_all(std::string(9000, 'x'), 20, Verbosity::normal), HasSubstr("9000 bytes in all"));
}

TEST(RenderText, UnknownProtectionIsAProblem) {
  Report report = ready_laptop();
  for (Finding& each : report.findings)
    if (each.id == "root-disk") each.status = Status::unknown;
  EXPECT_THAT(render_text(report, plain), HasSubstr("UNKNOWN  Disks the host lives on [root-disk]"));
}

TEST(RenderText, AManyTimesRepeatedProblemIsToldOnce) {
  const std::string text = render_text(large_host(4096), plain);
  EXPECT_THAT(text, HasSubstr("The same for 4095 more"));
}

TEST(RenderText, CountsChecksAndNotFindings) {
  Report report = empty_report();
  for (const Status status : {Status::pass, Status::pass, Status::not_applicable})
    report.findings.push_back(finding("reset-method", status, "host", "Reset", "A sentence."));
  EXPECT_THAT(render_text(report, plain), HasSubstr("\n1 check passed (--all shows them)."));
  report.findings.push_back(finding("reset-method", Status::warn, "host", "Reset", "A sentence."));
  EXPECT_THAT(render_text(report, plain), HasSubstr("\n0 checks passed (--all shows them)."));
}

TEST(RenderText, OneReasonOfAllIsToldOnce) {
  const std::string text = render_text(iommu_off(), plain);
  EXPECT_EQ(text.find("the IOMMU is off [iommu-active]"), text.rfind("the IOMMU is off [iommu-active]"));
}

TEST(RenderText, PaintsOnlyWhenAsked) {
  EXPECT_THAT(render_text(hostile_names(), plain), Not(HasSubstr("\x1b")));
  const std::string painted = render_text(hostile_names(), {Color::on, 80, Verbosity::normal});
  EXPECT_THAT(painted, HasSubstr("\x1b[1;31m"));
  EXPECT_THAT(painted, Not(HasSubstr("\x1b[2J")));
}

TEST(RenderText, NameAndDriverHaveALineOfTheirOwnOnANarrowTerminal) {
  const std::string text = render_text(ready_laptop(), {Color::off, 40, Verbosity::normal});
  EXPECT_THAT(text, HasSubstr("0000:03:00.0  14     assignable\n    Intel Corporation Wireless 8260\n      (iwlwifi)\n"));
}

TEST(RenderText, OnlyEqualSentencesAreFoldedAndTheGravestComesFirst) {
  Report report = ready_laptop();
  report.findings.clear();
  for (const std::string address : {"0000:02:00.0", "0000:03:00.0", "0000:00:14.0", "0000:00:14.2", "0000:3e:00.0"})
    report.findings.push_back(
        finding("vfio-ids", Status::warn, address, "Ids", "It has the ids of its twin " + named(at(address)) + "."));
  report.findings.back().say("vfio-pci is told to take it, but it holds /.");
  const std::string text = render_text(report, plain);
  EXPECT_THAT(text, HasSubstr("0000:3e:00.0: vfio-pci is told to take it, but it holds /."));
  EXPECT_LT(text.find("it holds /."), text.find("The same for 3 more"));
  EXPECT_THAT(text, HasSubstr("The same for 3 more: 0000:03:00.0, 0000:00:14.0, 0000:00:14.2"));
}

TEST(RenderText, TheHostHasWordsOfItsOwn) {
  EXPECT_EQ(subject_words("host"), "this host");
  Report report = empty_report();
  for (int i = 0; i < 3; ++i) {
    report.findings.push_back(finding("vfio-ids", Status::warn, "host", "Ids", "No device has these ids."));
    report.findings.push_back(finding("acs", Status::pass, "host", "ACS", "All is well."));
  }
  for (const Verbosity verbosity : {Verbosity::brief, Verbosity::normal, Verbosity::verbose})
    EXPECT_THAT(render_text(report, {Color::off, 80, verbosity}), Not(HasSubstr(": .")));
  EXPECT_THAT(render_text(report, plain), HasSubstr("The same for 2 more: this host\n"));
}

TEST(RenderText, ReasonsOfSeveralDevicesAreNumbered) {
  Report report = ready_laptop();
  report.devices[10].reasons = {"Nothing can reset it by itself.", "It is slow."};
  report.devices[11].reasons = {"Nothing can reset it by itself."};
  const std::string text = render_text(report, plain);
  EXPECT_THAT(text, HasSubstr("[1] Nothing can reset it by itself."));
  EXPECT_THAT(text, HasSubstr("see [1]"));
  EXPECT_THAT(text, Not(HasSubstr("above")));
}

TEST(RenderText, NamesAreNeverCut) {
  Report report = ready_laptop();
  report.devices[10].driver = "intel_pch_thermal";
  for (const unsigned columns : {40u, 60u, 80u, 200u}) {
    const std::string text = render_text(report, {Color::off, columns, Verbosity::normal});
    EXPECT_THAT(text, HasSubstr("intel_pch_thermal")) << columns;
    EXPECT_THAT(text, Not(HasSubstr("..."))) << columns << "\n" << text;
  }
}

TEST(RenderText, TheLastLinesSayTheVerdictAndWhatToTypeNext) {
  const std::string ready = render_text(ready_laptop(), plain);
  EXPECT_THAT(ready, ::testing::EndsWith("\nReady: this host can give PCI devices to virtual machines.\nProblems: 2 warnings.\n"
                                         "Next, ask about the device you want to give:\n"
                                         "      vfio-doctor --sample hm170 --device 0000:03:00.0\n"));
  EXPECT_THAT(render_text(iommu_off(), plain),
              ::testing::EndsWith("      " + iommu_off().findings[0].remedy[0].commands[0] + "\n"));
}

TEST(RenderText, GraphicsNetworkStorageUsbAndAudioComeFirst) {
  const std::string text = render_text(ready_laptop(), plain);
  const std::string table = text.substr(text.find("ADDRESS"));
  std::size_t last = 0;
  for (const std::string address :
       {"0000:00:02.0 ", "0000:03:00.0 ", "0000:3e:00.0 ", "0000:00:14.0 ", "0000:00:1f.3 ", "0000:02:00.0 "}) {
    const std::size_t at = table.find("\n" + address);
    ASSERT_NE(at, table.npos) << address << table;
    EXPECT_LT(last, at) << address;
    last = at;
  }
  EXPECT_THAT(table, HasSubstr("parts of the chipset or processor"));
}

TEST(RenderText, SubjectsThatAreNotNamedAreCounted) {
  const Finding one = finding("a", Status::warn, "0000:01:00.0", "A", "a"), host = finding("a", Status::warn, "host", "A", "a");
  const std::vector<const Finding*> all{&one, &host, &one};
  EXPECT_EQ(subject_list(all, 0, 9), "0000:01:00.0, this host");
  EXPECT_EQ(subject_list(all, 1, 1), "this host and 1 more");
  EXPECT_EQ(subject_list(all, 1, 0), "2 more");
}

TEST(RenderText, WhatIsCutIsCutBetweenWords) {
  EXPECT_EQ(excerpt("one two three", 9, Verbosity::normal), "one two... (cut; 13 bytes in all)");
  EXPECT_EQ(excerpt("one two three", 13, Verbosity::normal), "one two three");
  EXPECT_EQ(excerpt(std::string(60, 'x'), 40, Verbosity::normal), std::string(40, 'x') + "... (cut; 60 bytes in all)");
}

/// The verdict hangs on what stops every device; it stands before a disk that may be in use.
TEST(RenderText, WhatStopsEveryDeviceComesFirst) {
  Report report = empty_report();
  report.verdict = Verdict::undetermined;
  Finding disk = finding("host-storage", Status::unknown, "0000:3e:00.0", "Storage", "It may hold the host.");
  disk.effect = Effect::protects;
  Finding iommu = finding("iommu-active", Status::unknown, "host", "IOMMU", "Whether the IOMMU is on could not be seen.");
  iommu.effect = Effect::blocked;
  report.findings = {disk, iommu};
  const std::string text = render_text(report, plain);
  EXPECT_LT(text.find("[iommu-active]"), text.find("[host-storage]")) << text;
  EXPECT_THAT(text, HasSubstr("vfio-doctor explain iommu-active\n"));
}

TEST(RenderText, NamesTheWaysIntoVfioWhereTheyAreNotTheUsualOne) {
  Report report = ready_laptop();
  for (const auto& usual : {std::vector<std::string>{"group"}, std::vector<std::string>{}}) {
    report.host.machine.interfaces = usual;
    EXPECT_THAT(render_text(report, plain), Not(HasSubstr("Ways into VFIO")));
  }
  report.host.machine.interfaces = {{"cdev"}};
  EXPECT_THAT(render_text(report, {Color::off, 200, Verbosity::normal}),
              HasSubstr("interrupt remapping on. Ways into VFIO: cdev.\n"));
}

TEST(ShortName, DropsWhatTellsNothingAboutTheDevice) {
  EXPECT_EQ(short_name("Intel Corporation Iris Pro Graphics 580", 27), "Intel Iris Pro Graphics 580");
  EXPECT_EQ(short_name("Red Hat, Inc. Virtio 1.0 memory balloon", 38), "Red Hat Virtio 1.0 memory balloon");
  EXPECT_EQ(short_name("Intel Corporation 100 Series/C230 Series Chipset Family USB 3.0 xHCI Controller", 30),
            "Intel USB 3.0 xHCI Controller");
  EXPECT_EQ(short_name("Intel Corporation Xeon E7 v3/Xeon E5 v3/Core i7 DMA Channel 0", 30), "Intel DMA Channel 0");
  EXPECT_EQ(short_name("Advanced Micro Devices, Inc. [AMD/ATI] Navi 21 HDMI Audio", 26), "AMD/ATI Navi 21 HDMI Audio");
  EXPECT_EQ(short_name("Realtek Semiconductor Co., Ltd. RTL8111/8168 PCI Express Gigabit Ethernet Controller", 32),
            "Realtek RTL8111/8168 PCI Expr...");
}

TEST(ShortName, LeavesWhatFitsAndNeverAnEmptyName) {
  EXPECT_EQ(short_name("Intel Corporation Wireless 8260", 31), "Intel Corporation Wireless 8260");
  EXPECT_EQ(short_name("Controller Corporation Device", 13), "Controller...");
  EXPECT_EQ(short_name("Inc. Inc. Inc. Inc. Inc.", 10), "Inc.");
  EXPECT_EQ(short_name("", 10), "");
}

TEST(CutTo, CountsColumns) {
  EXPECT_EQ(cut_to("intel_pch_thermal", 13), "intel_pch_...");
  EXPECT_EQ(cut_to("short", 13), "short");
  EXPECT_EQ(text_width("\xe8\xa8\x98\xe6\x86\xb6"), 4u);  // two Chinese characters
  EXPECT_EQ(cut_to("\xe8\xa8\x98\xe6\x86\xb6\xe9\xab\x94", 5), "\xe8\xa8\x98...");
}

TEST(RenderPage, IsBrokenToTheWidthAndKeepsBlocks) {
  const std::string page =
      "# Title\n\nOne two three four five six seven eight nine ten.\nEleven.\n- an item that is longer than a line of\n"
      "  forty\n\n    a command that is not broken, however long it may be\n\x1b[2J\n";
  EXPECT_EQ(render_page(page, {Color::off, 40, Verbosity::normal}),
            "# Title\n\nOne two three four five six seven eight\nnine ten. Eleven.\n- an item that is longer than a line of\n"
            "  forty\n\n    a command that is not broken, however long it may be\n\\x1b[2J\n");
  EXPECT_THAT(render_page(page, {Color::on, 40, Verbosity::normal}), HasSubstr("\x1b[1m# Title\x1b[0m\n"));
}

TEST(RenderGroupsText, ReplacesTheShellLoop) {
  EXPECT_THAT(render_groups_text(ready_laptop(), plain),
              HasSubstr("IOMMU group 14:\n"
                        "  0000:03:00.0 Network controller [0280]: Intel Corporation Wireless 8260 "
                        "[8086:24f3] (rev 3a)\n"));
}

TEST(RenderGroupsText, SortsByNumberAndKeepsWhatHasNoGroup) {
  Report report = ready_laptop();
  std::swap(report.groups.front(), report.groups.back());
  report.devices[0].iommu_group.reset();
  const std::string text = render_groups_text(report, plain);
  EXPECT_LT(text.find("IOMMU group 0:"), text.find("IOMMU group 16:"));
  EXPECT_THAT(text, HasSubstr("No IOMMU group:\n  0000:00:00.0 Host bridge"));
}

// What is left out is counted as what is told: findings, not checks.
TEST(RenderText, CountsWhatItLeavesOutAsTheWholeIsCounted) {
  Report report = ready_laptop();
  report.findings.clear();
  constexpr std::size_t checks = 60, each = 3;
  for (std::size_t check = 0; check < checks; ++check)
    for (std::size_t i = 0; i < each; ++i)
      report.findings.push_back(finding("check-" + std::to_string(check), Status::warn, report.devices[i].address.text(),
                                        "Title", "Sentence " + std::to_string(check * each + i) + "."));
  const std::string text = render_text(report, plain);
  std::size_t told = 0;
  for (std::size_t at = 0; (at = text.find("[check-", at)) != text.npos; ++at) ++told;
  ASSERT_LT(told, checks) << "all of them are told";
  EXPECT_THAT(text, HasSubstr("Problems: " + std::to_string(checks * each) + " warnings."));
  EXPECT_THAT(text, HasSubstr("And " + std::to_string((checks - told) * each) + " more problems (--all tells them): "));
}

}  // namespace
}  // namespace vfio_doctor::testing
