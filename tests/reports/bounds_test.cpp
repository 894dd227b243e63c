// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/bounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/all_formats.hpp"
#include "reports/json.hpp"
#include "reports/text_layout.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string megabyte(1 << 20, 'x');

/// A report whose every text is a megabyte, as a hostile guest or snapshot would have it.
Report enormous() {
  Report report = ready_laptop();
  report.notes = {megabyte};
  report.host.distribution = report.source.name = megabyte;
  report.host.machine.hardware.board = megabyte;
  for (Finding& finding : report.findings) {
    finding.title = finding.summary = megabyte;
    finding.evidence = {{megabyte, megabyte}};
    finding.remedy = {{megabyte, {megabyte}, {megabyte}, megabyte}};
  }
  for (DeviceReport& device : report.devices) {
    device.name = megabyte;
    device.driver = megabyte;
    device.reasons = {megabyte};
  }
  report.groups.front().other_members = {megabyte};
  return report;
}

/// One group of `count` functions, each with all others as companions.
Report one_group(std::size_t count) {
  Report report = large_host(static_cast<unsigned>(count));
  std::vector<PciAddress> members;
  for (const DeviceReport& device : report.devices) members.push_back(device.address);
  report.groups = {{1, "DMA", members, {}}};
  for (DeviceReport& device : report.devices) {
    device.iommu_group = 1;
    device.companions = members;
  }
  bound_report(report);
  return report;
}

TEST(Bounds, NoFormatRepeatsWhatIsEnormous) {
  Report report = enormous();
  bound_report(report);
  for (const Format& format : all_formats()) EXPECT_LT(format.render(report).size(), megabyte.size()) << format.name;
}

TEST(Bounds, WhatIsCutSaysSo) {
  Report report = enormous();
  bound_report(report);
  EXPECT_THAT(report.findings[0].summary, StartsWith("xxx"));
  EXPECT_THAT(report.findings[0].summary, EndsWith("... (cut; 1048576 bytes in all)"));
  EXPECT_THAT(render_json(report), HasSubstr("(cut; 1048576 bytes in all)"));
}

TEST(Bounds, HalfACommandIsNeverShown) {
  Report report = enormous();
  bound_report(report);
  EXPECT_EQ(report.findings[0].remedy[0].commands[0], "# a command of 1048576 bytes is left out here");
}

TEST(Bounds, CutOnceIsCutForAll) {
  Report report = enormous();
  bound_report(report);
  const std::string once = render_json(report);
  bound_report(report);
  EXPECT_EQ(render_json(report), once);
  EXPECT_EQ(render_json(parse_report_json(once, "report.json")), once);
}

TEST(Bounds, EndsNeverInsideACharacter) {
  std::string text;
  while (text.size() < 1000) text += "\xe2\x82\xac";
  for (std::size_t most = 100; most < 103; ++most) {
    std::string cut = text;
    cut_text(cut, most);
    EXPECT_EQ(cut.substr(0, cut.find("...")).size() % 3, 0U);
  }
  std::string rubbish(1000, '\x80');
  cut_text(rubbish, 100);
  EXPECT_LE(rubbish.size(), 100U);
}

TEST(Bounds, CompanionsAreNamedUpToABoundAndCounted) {
  const Report report = one_group(300);
  EXPECT_THAT(report.devices[5].companions, SizeIs(bounds::companions));
  EXPECT_EQ(companion_count(report.devices[5]), 300U);
  EXPECT_THAT(report.groups[0].members, SizeIs(300)) << "the group names all";
  EXPECT_THAT(render_json(report), HasSubstr("\"companions_total\": 300"));
  EXPECT_THAT(render_json(ready_laptop()), ::testing::Not(HasSubstr("companions_total")));
}

/// Twice the group must be no more than about twice the bytes: with each member naming all others it was four times.
TEST(Bounds, OneLargeGroupGrowsInAStraightLine) {
  const Report small = one_group(1000), large = one_group(2000);
  for (const Format& format : all_formats())
    EXPECT_LT(format.render(large).size(), 2.2 * static_cast<double>(format.render(small).size()) + 1000) << format.name;
}

TEST(Wrap, CutsALongWordIntoLinesThatMakeTheWordAgain) {
  const std::string word(100'000, 'y');
  const auto lines = wrap(word, 30, 28);
  std::string again;
  for (const std::string& line : lines) again += line;
  EXPECT_EQ(again, word);
  EXPECT_EQ(lines.front().size(), 30U);
  EXPECT_EQ(lines[1].size(), 28U);
}

}  // namespace
}  // namespace vfio_doctor::testing
