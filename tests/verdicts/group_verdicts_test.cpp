// SPDX-License-Identifier: GPL-2.0-or-later
// Members of a group that were not all seen never make a function assignable.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "checks/check.hpp"
#include "machines.hpp"
#include "reports/report_of.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string card =
    "text /proc/sys/kernel/osrelease = 6.8.0\n"
    "pci 00:01.0 id=8086:1901 class=060400 header=01 group=1 driver=pcieport\n"
    "pci 01:00.0 id=10de:1b80 class=030000 group=1 driver=nouveau under=00:01.0\n"
    "pci 01:00.1 id=10de:10f0 class=040300 group=1 driver=snd_hda_intel under=00:01.0\n"
    "pci 00:19.0 id=8086:153a class=020000 driver=e1000e group=4\n";
const std::string sound = "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.1";

/// The report on a machine as the checks about groups alone would have it.
Report report_on(const std::string& machine_text, const std::vector<std::string>& selection = {}) {
  static constexpr std::array<std::string_view, 6> about_groups = {"iommu-active",  "group-companions", "group-exists",
                                                                   "function-type", "reserved-regions", "noiommu-mode"};
  const auto host = gather_host(testing::machine(machine_text));
  std::vector<Finding> findings;
  for (const auto& check : all_checks())
    if (std::ranges::find(about_groups, check.id) != about_groups.end())
      for (auto& finding : run_check(check, host)) findings.push_back(std::move(finding));
  std::vector<PciAddress> addresses;
  for (const auto& one : selection) addresses.push_back(*PciAddress::parse(one));
  return report_of({"sample", "test"}, host, judge(host, std::move(findings), addresses, {}), addresses);
}

DeviceReport device(const Report& report, const std::string& address) {
  const auto found = std::ranges::find(report.devices, PciAddress::parse(address), &DeviceReport::address);
  if (found == report.devices.end()) throw std::runtime_error("no " + address);
  return *found;
}

TEST(GroupVerdicts, AListThatCannotBeReadLeavesItsMembersOpen) {
  const auto report = report_on(card + "closed /sys/kernel/iommu_groups/1/devices Permission denied\n");
  const auto one = device(report, "0000:01:00.1");
  EXPECT_EQ(one.verdict, DeviceVerdict::undetermined);
  EXPECT_THAT(one.companions, ElementsAre(PciAddress{0, 1, 0, 0})) << "the links name it";
  EXPECT_THAT(one.reasons.at(0).text, HasSubstr("Permission denied"));
  EXPECT_EQ(device(report, "0000:00:19.0").verdict, DeviceVerdict::assignable) << "another group is not concerned";
}

TEST(GroupVerdicts, AMissingListCountsForEveryMember) {
  // The group's directory is there, the list of its devices is not, and nothing else links to the group.
  const auto report = report_on(card +
                                "pci 02:00.0 id=8086:24f3 class=028000\ngroup 7\n"
                                "link /sys/devices/pci0000:02/0000:02:00.0/iommu_group ../../../kernel/iommu_groups/7\n");
  EXPECT_EQ(device(report, "0000:02:00.0").verdict, DeviceVerdict::undetermined);
}

TEST(GroupVerdicts, AGroupThatIsNotThereLeavesItsMembersOpen) {
  const auto report = report_on(card +
                                "pci 02:00.0 id=8086:24f3 class=028000\n"
                                "link /sys/devices/pci0000:02/0000:02:00.0/iommu_group ../../../kernel/iommu_groups/7\n");
  EXPECT_EQ(device(report, "0000:02:00.0").verdict, DeviceVerdict::undetermined);
  EXPECT_EQ(device(report, "0000:00:19.0").verdict, DeviceVerdict::assignable);
  EXPECT_EQ(report.verdict, Verdict::ready);
}

TEST(GroupVerdicts, AMemberThatOnlyLinksIsACompanion) {
  auto text = card +
              "pci 02:00.0 id=8086:24f3 class=028000 driver=iwlwifi\n"
              "link /sys/devices/pci0000:02/0000:02:00.0/iommu_group ../../../kernel/iommu_groups/4\n";
  const auto one = device(report_on(text), "0000:00:19.0");
  EXPECT_EQ(one.verdict, DeviceVerdict::undetermined);
  EXPECT_THAT(one.companions, ElementsAre(PciAddress{0, 2, 0, 0}));
}

TEST(GroupVerdicts, AMemberThatIsNotOnTheBusLeavesTheOthersOpen) {
  const auto text = card + "link /sys/kernel/iommu_groups/4/devices/0000:00:1a.0 ../../../../devices/pci0000:00/0000:00:1a.0\n";
  EXPECT_EQ(device(report_on(text), "0000:00:19.0").verdict, DeviceVerdict::undetermined);
  EXPECT_EQ(report_on(text, {"00:19.0"}).verdict, Verdict::undetermined);
}

TEST(GroupVerdicts, NoGroupToBeSeenIsNotAnIommuThatIsOff) {
  const auto report = report_on(
      "pci 02:00.0 id=8086:24f3 class=028000\n"
      "link /sys/devices/pci0000:02/0000:02:00.0/iommu_group ../../../kernel/iommu_groups/7\n");
  EXPECT_EQ(report.verdict, Verdict::undetermined);
  EXPECT_EQ(device(report, "0000:02:00.0").verdict, DeviceVerdict::undetermined);
}

TEST(GroupVerdicts, OneGroupWithoutRegionsSpeaksForItselfOnly) {
  const auto report = report_on(card + "unreadable /sys/kernel/iommu_groups/1/reserved_regions Input/output error\n");
  EXPECT_EQ(device(report, "0000:01:00.1").verdict, DeviceVerdict::undetermined);
  EXPECT_EQ(device(report, "0000:00:19.0").verdict, DeviceVerdict::assignable);
}

TEST(GroupVerdicts, ACompanionWhoseDriverCannotBeReadIsNotFree) {
  const auto hidden = "unreadable " + sound + "/uevent Permission denied\ntext " + sound + "/class = 0x040300\ntext " + sound +
                      "/vendor = 0x10de\ntext " + sound + "/device = 0x10f0\nhidden " + sound + "/driver Permission denied\n";
  const auto report = report_on(card + hidden, {"01:00.0"});
  EXPECT_EQ(report.verdict, Verdict::undetermined);
  EXPECT_THAT(report.findings.back().summary, HasSubstr("could not be seen"));
  EXPECT_EQ(report_on(card, {"01:00.0"}).verdict, Verdict::not_ready) << "held by snd_hda_intel";
}

TEST(GroupVerdicts, ACompanionOnVfioIsNoHindrance) {
  auto text = card;
  text.replace(text.find("snd_hda_intel"), 13, "vfio-pci");
  const auto report = report_on(text, {"01:00.0"});
  EXPECT_EQ(report.verdict, Verdict::ready);
  EXPECT_THAT(report.findings.back().summary, HasSubstr("held by vfio-pci"));
}

/// Each of many members may keep the others from a guest: the report grows with the group, not with its square.
TEST(GroupVerdicts, ALargeGroupKeepsItsReasonsShort) {
  std::string text;
  std::vector<Finding> findings;
  for (int i = 0; i < 300; ++i) {
    const PciAddress address{0, static_cast<std::uint8_t>(i / 8), 0, static_cast<std::uint8_t>(i % 8)};
    text += "pci " + address.text() + " id=8086:153a class=020000 group=1\n";
    Finding finding;
    finding.subject = device_subject(address);
    finding.status = i % 2 == 0 ? Status::warn : Status::unknown;
    finding.effect = Effect::protects;
    finding.summary = "The host needs it.";
    findings.push_back(finding);
  }
  const auto host = gather_host(testing::machine(text));
  const auto decisions = decide_devices(host, findings);
  ASSERT_EQ(decisions.size(), 300u);
  EXPECT_EQ(decisions[1].verdict, DeviceVerdict::protected_by_host);
  EXPECT_EQ(decisions[1].companions.size(), 299u);
  EXPECT_EQ(decisions[1].reasons.size(), 17u);
  EXPECT_THAT(decisions[1].reasons.back().text, HasSubstr("134 more"));
  EXPECT_EQ(decisions[0].reasons.front(), "The host needs it.");
}

TEST(GroupVerdicts, NoFunctionOfAnImpossiblyLargeGroupIsAssignable) {
  std::string text;
  for (int i = 0; i < 1100; ++i)
    text += "pci " +
            PciAddress{0, static_cast<std::uint8_t>(i / 256), static_cast<std::uint8_t>(i / 8 % 32),
                       static_cast<std::uint8_t>(i % 8)}
                .text() +
            " id=8086:153a class=020000 group=1\n";
  const auto report = report_on(text);
  EXPECT_EQ(report.devices.at(0).verdict, DeviceVerdict::undetermined);
  EXPECT_LE(report.devices.at(0).companions.size(), 1024u);
}

}  // namespace
}  // namespace vfio_doctor
