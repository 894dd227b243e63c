// SPDX-License-Identifier: GPL-2.0-or-later
// The embedded sample says what the guide it was written down from says.
#include <gmock/gmock.h>

#include <algorithm>

#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"
#include "checks/kernel/iommu_state.hpp"
#include "machine/machine_text.hpp"
#include "machine/memory_root.hpp"

namespace vfio_doctor {

extern const std::string_view sample_hm170;

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Host& hm170() {
  static const Host host = gather_host(MemoryRoot(parse_machine_text(sample_hm170, "hm170")));
  return host;
}

const PciFunction& function(const std::string& address) {
  const auto* found = hm170().find(PciAddress::parse(address).value());
  if (!found) throw std::runtime_error("no function " + address);
  return *found;
}

std::vector<std::string> companions(const std::string& address) {
  std::vector<std::string> texts;
  for (const auto& companion : companions_of(hm170(), function(address))) texts.push_back(companion.text());
  return texts;
}

TEST(Hm170, HasTheFunctionsOfTheGuide) {
  EXPECT_EQ(hm170().all_functions().size(), 16u);
  EXPECT_EQ(function("03:00.0").name, "Intel Corporation Wireless 8260");
  EXPECT_EQ(function("03:00.0").class_name, "Network controller");
  EXPECT_TRUE(function("03:00.0").iommu_group.is(14));
  EXPECT_TRUE(function("03:00.0").id.revision.is(0x3a));
  EXPECT_FALSE(function("03:00.0").id.subsystem_vendor.has_value()) << "the guide does not show it";
  for (const auto& one : hm170().all_functions()) {
    EXPECT_THAT(one.name, ::testing::Not(HasSubstr("Device "))) << "no name of its own: " << one.address.text();
    EXPECT_THAT(one.class_name, ::testing::Not(HasSubstr("Class "))) << one.address.text();
  }
}

TEST(Hm170, CompanionsAreThoseOfTheGuide) {
  EXPECT_THAT(companions("00:14.0"), ElementsAre("0000:00:14.2"));
  // The ISA bridge and the power management are parts of the chipset without a driver: nothing is to be done about them.
  EXPECT_THAT(companions("00:1f.3"), ElementsAre("0000:00:1f.4")) << "the SMBus has a driver that must let go";
  for (const std::string alone : {"02:00.0", "03:00.0", "3d:00.0", "3e:00.0"}) EXPECT_THAT(companions(alone), IsEmpty());
}

TEST(Hm170, NoCheckFails) {
  EXPECT_EQ(dma_remapping(hm170()), Switch::on);
  EXPECT_EQ(interrupt_remapping(hm170()), Switch::on);
  for (const auto& check : all_checks())
    for (const auto& finding : run_check(check, hm170())) {
      const bool protects = finding.effect == Effect::protects;                    // some devices must stay, and do
      const bool unrecorded = finding.status == Status::unknown && finding.quiet;  // the recording is older than the check
      EXPECT_TRUE(protects || unrecorded || finding.status == Status::pass || finding.status == Status::not_applicable ||
                  finding.status == Status::warn)
          << check.id << " " << to_text(finding.status) << " " << finding.subject << ": " << finding.summary;
    }
}

TEST(Hm170, GroupElevenIsExplained) {
  const auto& checks = all_checks();
  const auto check = std::ranges::find(checks, "group-companions", &Check::id);
  ASSERT_NE(check, checks.end());
  const auto findings = run_check(*check, hm170());
  const auto eleven = std::ranges::find(findings, "group:11", &Finding::subject);
  ASSERT_NE(eleven, findings.end());
  EXPECT_THAT(eleven->summary,
              HasSubstr("0000:00:1f.0 (ISA bridge), 0000:00:1f.2 (Memory controller), 0000:00:1f.3 (Audio device)"));
  EXPECT_THAT(eleven->summary, HasSubstr("one device, and nothing in it keeps them apart"));
  EXPECT_THAT(eleven->summary, HasSubstr("Parts of the chipset (0000:00:1f.0, 0000:00:1f.2, 0000:00:1f.4) go to no guest"));
}

}  // namespace
}  // namespace vfio_doctor
