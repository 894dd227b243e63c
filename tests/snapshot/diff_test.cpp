// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>

#include <nlohmann/json.hpp>

#include "reports/sample_reports.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor {
namespace {

using testing::device;
using ::testing::ElementsAre;
using testing::empty_report;
using testing::finding;
using ::testing::HasSubstr;

DeviceReport card(const std::string& address, const std::string& parent, int group,
                  DeviceVerdict verdict = DeviceVerdict::assignable) {
  auto one = device({address, "10de:1b80", "030000", "a1", "VGA", "Card", "nouveau", group, verdict});
  if (!parent.empty()) one.parent = testing::at(parent);
  return one;
}

DeviceReport bridge(const std::string& address, int group) {
  return device({address, "8086:a110", "060400", "f1", "PCI bridge", "Root port " + address, "pcieport", group,
                 DeviceVerdict::unsuitable});
}

Report with(std::vector<DeviceReport> devices, Verdict verdict = Verdict::ready) {
  auto report = empty_report();
  report.devices = std::move(devices);
  report.verdict = verdict;
  report.groups = testing::groups_of(report);
  return report;
}

std::string text_of(const Comparison& comparison) { return render_diff_text(comparison, {}); }

TEST(Diff, OfAReportWithItselfIsEmpty) {
  const auto report = with({bridge("0000:00:01.0", 1), card("0000:01:00.0", "0000:00:01.0", 2)});
  const auto comparison = compare_reports(report, report);
  EXPECT_TRUE(comparison.is_empty());
  EXPECT_EQ(comparison.direction, Direction::neutral);
  EXPECT_THAT(text_of(comparison), HasSubstr("No difference."));
}

TEST(Diff, FollowsADeviceToItsNewAddress) {
  const auto before = with({card("0000:03:00.0", "", 4)}), after = with({card("0000:04:00.0", "", 5)});
  const auto comparison = compare_reports(before, after);
  ASSERT_EQ(comparison.devices.size(), 1u);
  EXPECT_EQ(comparison.devices[0].before, "0000:03:00.0");
  EXPECT_EQ(comparison.devices[0].after, "0000:04:00.0");
  EXPECT_EQ(comparison.renumbered_groups, 1u);
  EXPECT_TRUE(comparison.groups.empty());
  EXPECT_EQ(comparison.direction, Direction::neutral);
}

// A new card takes the bus number that a twin had: matching by address would swap the twins.
TEST(Diff, TellsTwinsApartByTheirPlace) {
  const auto before = with({bridge("0000:00:01.0", 1), bridge("0000:00:03.0", 2), card("0000:01:00.0", "0000:00:01.0", 3),
                            card("0000:02:00.0", "0000:00:03.0", 4, DeviceVerdict::blocked)});
  const auto after = with({bridge("0000:00:01.0", 1), bridge("0000:00:03.0", 2), card("0000:02:00.0", "0000:00:01.0", 3),
                           card("0000:03:00.0", "0000:00:03.0", 4, DeviceVerdict::blocked)});
  const auto comparison = compare_reports(before, after);
  ASSERT_EQ(comparison.devices.size(), 2u);
  EXPECT_EQ(comparison.devices[0].before, "0000:01:00.0");
  EXPECT_EQ(comparison.devices[0].after, "0000:02:00.0");
  EXPECT_TRUE(comparison.devices[0].values.empty());
  EXPECT_EQ(comparison.devices[1].before, "0000:02:00.0");
  EXPECT_EQ(comparison.devices[1].after, "0000:03:00.0");
  EXPECT_EQ(comparison.direction, Direction::neutral);
}

TEST(Diff, SaysSoWhereTwinsCannotBeToldApart) {
  const auto before = with({card("0000:01:00.0", "", 1), card("0000:02:00.0", "", 2)});
  const auto after = with({card("0000:05:00.0", "", 1), card("0000:06:00.0", "", 2, DeviceVerdict::blocked)});
  const auto comparison = compare_reports(before, after);
  ASSERT_EQ(comparison.twins.size(), 1u);
  EXPECT_THAT(comparison.twins[0].before, ElementsAre("0000:01:00.0", "0000:02:00.0"));
  EXPECT_EQ(comparison.twins[0].direction, Direction::worse);
  EXPECT_EQ(comparison.direction, Direction::worse);
  EXPECT_THAT(text_of(comparison), HasSubstr("cannot be told apart"));
}

TEST(Diff, KnowsWorseFromBetter) {
  const auto good = with({card("0000:01:00.0", "", 1)});
  const auto bad = with({card("0000:01:00.0", "", 1, DeviceVerdict::blocked)}, Verdict::not_ready);
  const auto open = with({card("0000:01:00.0", "", 1, DeviceVerdict::undetermined)}, Verdict::undetermined);
  EXPECT_EQ(compare_reports(good, bad).direction, Direction::worse);
  EXPECT_EQ(compare_reports(bad, good).direction, Direction::better);
  EXPECT_EQ(compare_reports(good, open).direction, Direction::undetermined);
  EXPECT_EQ(compare_reports(bad, open).direction, Direction::undetermined);
  EXPECT_EQ(compare_reports(open, bad).direction, Direction::neutral);
  EXPECT_EQ(compare_reports(good, with({})).direction, Direction::worse);
  EXPECT_EQ(compare_reports(with({}), good).direction, Direction::neutral);
}

TEST(Diff, ShowsGroupsThatSplitOrMerged) {
  auto one = card("0000:01:00.0", "", 7), other = card("0000:01:00.1", "", 7);
  other.id.device = std::uint16_t{0x10f0};
  one.verdict = other.verdict = DeviceVerdict::with_companions;
  one.companions = {other.address};
  other.companions = {one.address};
  const auto before = with({one, other});
  one.companions = other.companions = {};
  one.verdict = other.verdict = DeviceVerdict::assignable;
  other.iommu_group = 8;
  const auto comparison = compare_reports(before, with({one, other}));
  EXPECT_EQ(comparison.direction, Direction::better);
  ASSERT_EQ(comparison.groups.size(), 2u);
  EXPECT_EQ(comparison.groups[0].before, 7u);
  EXPECT_EQ(comparison.groups[0].after, 7u);
  EXPECT_THAT(comparison.groups[0].left, ElementsAre("0000:01:00.1"));
  EXPECT_FALSE(comparison.groups[1].before.has_value());
  EXPECT_THAT(text_of(comparison), HasSubstr("companions: 0000:01:00.1 -> none"));
}

TEST(Diff, FollowsFindingsWithTheirDevice) {
  auto before = with({card("0000:03:00.0", "", 4)}), after = with({card("0000:04:00.0", "", 5)});
  before.findings = {finding("group-companions", Status::warn, "0000:03:00.0", "Companions", "One."),
                     finding("iommu-active", Status::pass, "host", "IOMMU", "On.")};
  after.findings = {finding("group-companions", Status::warn, "0000:04:00.0", "Companions", "One."),
                    finding("iommu-active", Status::fail, "host", "IOMMU", "Off.")};
  const auto comparison = compare_reports(before, after);
  ASSERT_EQ(comparison.findings.size(), 1u);
  EXPECT_EQ(comparison.findings[0].id, "iommu-active");
  EXPECT_THAT(text_of(comparison), HasSubstr("pass -> fail"));
}

TEST(Diff, FollowsItsSchema) {
  auto other = bridge("0000:00:1c.0", 9);
  auto before = with({card("0000:03:00.0", "", 4), other}), after = with({card("0000:04:00.0", "", 5)}, Verdict::not_ready);
  for (const auto* address : {"0000:0a:00.0", "0000:0b:00.0"}) before.devices.push_back(card(address, "", 30));
  for (const auto* address : {"0000:0c:00.0", "0000:0d:00.0"}) after.devices.push_back(card(address, "", 31));
  for (auto* report : {&before, &after})
    for (auto& device : report->devices)
      if (*device.iommu_group >= 30) device.id.revision = std::uint8_t{0xa2};
  before.groups = testing::groups_of(before);
  after.groups = testing::groups_of(after);
  after.groups.back().type = "identity";
  after.findings = {finding("iommu-active", Status::fail, "host", "IOMMU", "Off.")};
  const auto comparison = compare_reports(before, after);
  const auto document = nlohmann::json::parse(render_diff_json(comparison));
  EXPECT_EQ(testing::schema_violations(document, "docs/schema/diff-1.json"), "");
  EXPECT_EQ(document["direction"], "worse");
  EXPECT_EQ(document["twins"].size(), 1u);
  EXPECT_EQ(document["findings"][0]["before"], nullptr);
  EXPECT_FALSE(document["groups"].empty());
}

}  // namespace
}  // namespace vfio_doctor
