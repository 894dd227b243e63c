// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/iommu/iommu.hpp"

#include <gmock/gmock.h>

#include <cstdio>

#include "facts/host.hpp"
#include "facts/iommu/join_groups.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;

/// The groups of a machine with their members, as the program sees them.
IommuFacts joined(const MemoryRoot& root) {
  auto iommu = gather_iommu(root);
  auto functions = gather_pci(root, Wake::no);
  join_groups_and_functions(root, iommu, functions);
  return iommu;
}

std::vector<unsigned> numbers(const IommuFacts& iommu) {
  std::vector<unsigned> all;
  for (const auto& group : iommu.groups.value()) all.push_back(group.number);
  return all;
}

std::vector<std::string> members_of(const IommuFacts& iommu, unsigned number) {
  std::vector<std::string> members;
  for (const auto& member : iommu.find_group(number)->members) members.push_back(member.text());
  return members;
}

TEST(Iommu, NumbersHaveGapsAndBeginAtZero) {
  const auto iommu =
      joined(testing::machine("pci 00:02.0 id=8086:1 class=030000 group=0\npci 00:03.0 id=8086:1 class=020000 group=123\n"
                              "pci 00:04.0 id=8086:1 class=020000 group=12\npci 00:05.0 id=8086:1 class=020000 group=7\n"));
  EXPECT_THAT(numbers(iommu), ElementsAre(0, 7, 12, 123));
  ASSERT_NE(iommu.find_group(123), nullptr);
  EXPECT_EQ(iommu.find_group(123)->members.at(0).text(), "0000:00:03.0") << "group 123 is not group 12";
  EXPECT_EQ(iommu.find_group(12)->members.size(), 1u);
  EXPECT_EQ(iommu.find_group(1), nullptr);
}

TEST(Iommu, ManyGroups) {
  std::string text;
  for (int i = 0; i < 1500; ++i) {
    char line[96];
    std::snprintf(line, sizeof line, "pci %04x:%02x:%02x.%d id=8086:1 class=020000 group=%d\n", i / 4096, i >> 8, i >> 3 & 31,
                  i & 7, i * 3);
    text += line;
  }
  const auto iommu = joined(testing::machine(text));
  ASSERT_EQ(iommu.groups->size(), 1500u);
  for (int i = 0; i < 1500; i += 100) {
    const auto* group = iommu.find_group(static_cast<unsigned>(i * 3));
    ASSERT_NE(group, nullptr) << i;
    EXPECT_EQ(group->members.size(), 1u);
  }
}

TEST(Iommu, RubbishNamesAreNoGroups) {
  const auto iommu = gather_iommu(testing::machine(
      "dir /sys/kernel/iommu_groups/x\ndir /sys/kernel/iommu_groups/-1\ndir /sys/kernel/iommu_groups/99999999999999999999\n"
      "dir /sys/kernel/iommu_groups/0x10\ndir /sys/kernel/iommu_groups/4294967295\ngroup 5\n"));
  EXPECT_THAT(numbers(iommu), ElementsAre(5));
}

TEST(Iommu, OnlyAGroupWithoutADefaultDomainIsAskedForItsName) {
  const std::string named = "text /sys/kernel/iommu_groups/5/name = vfio-noiommu\n";
  const auto type = [](const std::string& word) { return "text /sys/kernel/iommu_groups/5/type = " + word + "\n"; };
  EXPECT_TRUE(gather_iommu(testing::machine("group 5\n" + named + type("unknown"))).groups->at(0).name.is("vfio-noiommu"));
  EXPECT_TRUE(gather_iommu(testing::machine("group 5\n" + named + type("a word of tomorrow"))).groups->at(0).name.has_value());
  EXPECT_TRUE(gather_iommu(testing::machine("group 5\n" + named + type("identity"))).groups->at(0).name.is_absent());
  const auto unread = "closed /sys/kernel/iommu_groups/5/type Permission denied\n";
  EXPECT_TRUE(gather_iommu(testing::machine("group 5\n" + named + unread)).groups->at(0).name.is("vfio-noiommu"));
}

TEST(Iommu, TellsAbsentEmptyAndUnreadable) {
  EXPECT_TRUE(gather_iommu(testing::machine("dir /sys")).groups.is_absent());
  EXPECT_TRUE(gather_iommu(testing::machine("dir /sys/kernel/iommu_groups")).groups->empty());
  EXPECT_TRUE(gather_iommu(testing::machine("closed /sys/kernel/iommu_groups Permission denied")).groups.is_unreadable());
  EXPECT_TRUE(gather_iommu(testing::machine("dir /sys")).units.is_absent());
}

TEST(Iommu, MembersThatAreNoPciFunctionsAreKept) {
  const auto iommu = joined(testing::machine(
      "pci 10000:01:00.0 id=8086:1 class=010802 group=3\nlink /sys/kernel/iommu_groups/3/devices/AMDI0020:00 ../x\n"));
  EXPECT_EQ(iommu.find_group(3)->members.at(0).text(), "10000:01:00.0");
  EXPECT_THAT(iommu.find_group(3)->other_members, ElementsAre("AMDI0020:00"));
}

TEST(Iommu, ListsAndLinksAreJoined) {
  const auto text = testing::machine(
      "pci 00:02.0 id=8086:1 class=030000 group=7\npci 00:03.0 id=8086:1 class=020000\npci 00:04.0 id=8086:1 class=020000\n"
      "pci 00:05.0 id=8086:1 class=020000\npci 00:06.0 id=8086:1 class=020000\n"
      "link /sys/devices/pci0000:00/0000:00:03.0/iommu_group ../../../kernel/iommu_groups/7\n"
      "link /sys/devices/pci0000:00/0000:00:04.0/iommu_group ../../../kernel/iommu_groups/3\n"
      "link /sys/kernel/iommu_groups/7/devices/0000:00:05.0 ../../../../devices/pci0000:00/0000:00:05.0\n");
  auto iommu = gather_iommu(text);
  auto functions = gather_pci(text, Wake::no);
  join_groups_and_functions(text, iommu, functions);
  EXPECT_THAT(numbers(iommu), ElementsAre(3, 7)) << "group 3 is known by a link alone";
  EXPECT_FALSE(iommu.find_group(3)->members_doubt.empty());
  EXPECT_EQ(iommu.find_group(3)->members.size(), 1u);
  EXPECT_THAT(members_of(iommu, 7), ElementsAre("0000:00:02.0", "0000:00:03.0", "0000:00:05.0"));
  EXPECT_THAT(iommu.find_group(7)->members_doubt, ::testing::HasSubstr("0000:00:03.0"));
  EXPECT_TRUE(functions->at(3).iommu_group.is_unreadable()) << "listed, and without a link: which group is not certain";
  EXPECT_TRUE(functions->at(4).iommu_group.is_absent());
}

/// Two functions and the unit that translates for both; of group 7 another member is listed that neither knows of.
const std::string translated =
    "pci 00:02.0 id=8086:1 class=030000 group=7\npci 00:03.0 id=8086:1 class=020000 group=8\n"
    "text /sys/kernel/iommu_groups/7/type = DMA-FQ\ntext /sys/kernel/iommu_groups/8/type = identity\n"
    "link /sys/kernel/iommu_groups/7/devices/0000:00:09.0 ../../../../devices/pci0000:00/0000:00:09.0\n"
    "link /sys/class/iommu/dmar0/devices/0000:00:02.0 ../../../pci0000:00/0000:00:02.0\n";
const std::string second_unit = "link /sys/class/iommu/dmar1/devices/0000:00:03.0 ../../../pci0000:00/0000:00:03.0\n";

TEST(Iommu, LinksTellTheMembersWhereTheUnitsKnowThemAll) {
  const auto iommu = joined(testing::machine(translated + second_unit));
  EXPECT_THAT(members_of(iommu, 7), ElementsAre("0000:00:02.0")) << "its list was not asked";
  EXPECT_THAT(members_of(iommu, 8), ElementsAre("0000:00:03.0"));
  EXPECT_EQ(iommu.find_group(7)->members_doubt, "");
}

TEST(Iommu, GroupsAreAskedWhereTheUnitsDoNotTellAll) {
  const auto asks = [](const std::string& text) { return members_of(joined(testing::machine(text)), 7).size() == 2; };
  EXPECT_FALSE(asks(translated + second_unit));
  EXPECT_TRUE(asks(translated)) << "no unit knows of 00:03.0";
  EXPECT_TRUE(asks(translated + second_unit + "dir /sys/class/iommu/dmar2")) << "a unit without a list";
  EXPECT_TRUE(asks(translated + second_unit + "closed /sys/class/iommu/dmar2/devices Permission denied"));
  EXPECT_FALSE(asks(translated + second_unit + "dir /sys/class/iommu/dmar2/devices")) << "a unit without devices";
  EXPECT_TRUE(asks(translated + second_unit + "link /sys/class/iommu/dmar2/devices/0000:00:09.0 ../x")) << "a function unseen";
  EXPECT_TRUE(asks(translated + second_unit +
                   "pci 00:04.0 id=8086:1 class=020000\n"
                   "link /sys/class/iommu/dmar2/devices/0000:00:04.0 ../x"))
      << "a function without a group";
  EXPECT_TRUE(asks(translated + second_unit + "link /sys/class/iommu/dmar2/devices/PNP0A03:00 ../x"))
      << "its group is not known";
}

TEST(Iommu, AGroupWithoutADefaultDomainIsAsked) {
  const auto iommu = joined(testing::machine(translated + second_unit + "text /sys/kernel/iommu_groups/7/type = unknown\n"));
  EXPECT_THAT(members_of(iommu, 7), ElementsAre("0000:00:02.0", "0000:00:09.0"));
}

TEST(Iommu, TheGroupOfADeviceThatIsNoFunctionIsAsked) {
  const auto iommu = joined(
      testing::machine(translated + second_unit +
                       "link /sys/class/iommu/dmar1/devices/AMDI0020:00 ../../../../devices/platform/AMDI0020:00\n"
                       "link /sys/devices/platform/AMDI0020:00/iommu_group ../../../kernel/iommu_groups/8\n"
                       "link /sys/kernel/iommu_groups/8/devices/AMDI0020:00 ../../../../devices/platform/AMDI0020:00\n"));
  EXPECT_THAT(iommu.find_group(8)->other_members, ElementsAre("AMDI0020:00"));
  EXPECT_THAT(members_of(iommu, 7), ElementsAre("0000:00:02.0")) << "nobody else is in this one";
}

TEST(Iommu, NothingToJoinLeavesGroupsAbsent) {
  const auto text = testing::machine("pci 00:02.0 id=8086:1 class=030000\n");
  auto iommu = gather_iommu(text);
  auto functions = gather_pci(text, Wake::no);
  join_groups_and_functions(text, iommu, functions);
  EXPECT_TRUE(iommu.groups.is_absent());
}

TEST(Iommu, ReadsReservedRegions) {
  const auto iommu =
      gather_iommu(testing::machine("group 1 type=identity reserved=7b800000-7dffffff:direct-relaxable,fee00000-feefffff:msi\n"
                                    "group 2\ntext /sys/kernel/iommu_groups/2/reserved_regions = 0x0 0xfff\n"
                                    "group 3\nfile /sys/kernel/iommu_groups/3/reserved_regions\n"));
  const auto* first = iommu.find_group(1);
  EXPECT_EQ(first->type.value(), "identity");
  ASSERT_EQ(first->reserved_regions->size(), 2u);
  EXPECT_EQ(first->reserved_regions->at(0).type, "direct-relaxable");
  EXPECT_EQ(first->reserved_regions->at(0).end, 0x7dffffffu);
  EXPECT_TRUE(iommu.find_group(2)->reserved_regions.is_unreadable()) << "half a line is not an empty list";
  EXPECT_TRUE(iommu.find_group(3)->reserved_regions->empty());
}

TEST(Iommu, ReadsUnits) {
  const auto iommu = gather_iommu(testing::machine(
      "text /sys/class/iommu/dmar0/intel-iommu/cap = c9de008cee690462\n"
      "text /sys/class/iommu/ivhd0/amd-iommu/features = 58f77ef22294ade\ntext /sys/class/iommu/ivhd0/amd-iommu/cap = 40\n"));
  ASSERT_EQ(iommu.units->size(), 2u);
  EXPECT_EQ(iommu.units->at(0).capabilities.value(), "c9de008cee690462");
  EXPECT_EQ(iommu.units->at(1).extended_capabilities.value(), "58f77ef22294ade");
}

}  // namespace
}  // namespace vfio_doctor
