// SPDX-License-Identifier: GPL-2.0-or-later
// What is not known never hides what is certain, and is never a pass.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace vfio_doctor
