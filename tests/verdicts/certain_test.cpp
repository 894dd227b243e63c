// SPDX-License-Identifier: GPL-2.0-or-later
// What is not known never hides what is certain, and is never a pass.
#include <gtest/gtest.h>

#include <algorithm>

#include "checks/check.hpp"
#include "machines.hpp"
#include "verdicts/judge.hpp"

namespace vfio_doctor {
namespace {

Finding about(const std::string& id, Status status, Effect effect, const std::string& subject) {
  Finding finding;
  finding.id = id;
  finding.status = status;
  finding.effect = effect;
  finding.subject = subject;
  finding.summary = id + ".";
  return finding;
}

const std::string pair =
    "text /proc/sys/kernel/osrelease = 6.8.0\n"
    "pci 0000:05:00.0 id=10de:2204 class=030000 group=7 driver=vfio-pci\n"
    "pci 0000:05:00.1 id=10de:1aef class=040300 group=7 driver=snd_hda_intel\n";
const auto card = *PciAddress::parse("05:00.0"), sound = *PciAddress::parse("05:00.1");

TEST(Certain, ACompanionThatIsHeldFailsBesideWhatIsNotKnown) {
  const auto host = gather_host(testing::machine(pair));
  const auto judgement = judge(host, {about("some-doubt", Status::unknown, Effect::blocked, card.text())}, {card}, {});
  EXPECT_EQ(judgement.verdict, Verdict::not_ready);
  int failures = 0, doubts = 0;
  for (const auto& finding : judgement.findings) {
    failures += finding.status == Status::fail;
    doubts += finding.status == Status::unknown;
  }
  EXPECT_GE(failures, 1);
  EXPECT_GE(doubts, 1) << "and what is not known is said, too";
}

TEST(Certain, ABlockGoesBeforeADoubt) {
  const auto host = gather_host(testing::machine(pair));
  const auto judgement = judge(host,
                               {about("some-doubt", Status::unknown, Effect::blocked, card.text()),
                                about("some-block", Status::fail, Effect::blocked, card.text())},
                               {}, {});
  for (const auto& decision : judgement.decisions)
    if (decision.function->address == card) {
      EXPECT_EQ(decision.verdict, DeviceVerdict::blocked);
    }
}

TEST(Certain, ADoubtAloneIsNoPass) {
  const auto host = gather_host(testing::machine(pair));
  const auto judgement = judge(host, {about("some-doubt", Status::unknown, Effect::protects, card.text())}, {card, sound}, {});
  EXPECT_EQ(judgement.verdict, Verdict::undetermined);
}

TEST(Certain, ADomainsFaultGoesBeforeItsDoubt) {
  const auto host = gather_host(testing::machine(pair));
  const auto judgement = judge(host,
                               {about("domain-sources", Status::fail, Effect::none, "domain:x"),
                                about("domain-memory", Status::unknown, Effect::blocked, "domain:x")},
                               {card, sound}, {}, {}, "domain:x");
  EXPECT_EQ(judgement.verdict, Verdict::not_ready);
}

/// What shares a group with a part of the chipset can go to a guest while libvirt keeps that part free of its driver.
TEST(Certain, APartOfTheChipsetThatGoesToNobodyIsNoFault) {
  const auto host = gather_host(testing::machine(
      "pci 0000:00:1f.3 id=8086:a348 class=040300 group=9 driver=vfio-pci\npci 0000:00:1f.4 id=8086:a323 class=0c0500 group=9 "
      "driver=i801_smbus\n"));
  const auto audio = *PciAddress::parse("00:1f.3"), smbus = *PciAddress::parse("00:1f.4");
  const auto unsuitable = about("function-type", Status::warn, Effect::unsuitable, smbus.text());
  const auto said_of = [&](const std::vector<PciAddress>& freed) {
    return judge(host, {unsuitable}, {audio, smbus}, {}, {}, "domain:x", freed);
  };
  EXPECT_EQ(said_of({}).verdict, Verdict::not_ready);
  const auto freed = said_of({smbus});
  EXPECT_EQ(freed.verdict, Verdict::ready);
  EXPECT_TRUE(std::ranges::any_of(freed.findings, [](const Finding& finding) {
    return finding.id == verdict_finding_id && finding.status == Status::warn;
  }));
  EXPECT_EQ(judge(host, {about("function-type", Status::warn, Effect::unsuitable, audio.text())}, {audio, smbus}, {}, {},
                  "domain:x", {audio})
                .verdict,
            Verdict::not_ready)
      << "no part of the chipset";
}

}  // namespace
}  // namespace vfio_doctor
