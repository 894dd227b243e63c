// SPDX-License-Identifier: GPL-2.0-or-later
#include "fleet/fleet.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "base/input_error.hpp"
#include "reports/json.hpp"
#include "reports/markdown.hpp"
#include "reports/sample_reports.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor::testing {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Report host(Report report, const std::string& name, const std::string& board = "Acme S1") {
  report.host.machine.host.name = name;
  report.host.machine.hardware.board = board;
  return report;
}

void add(Fleet& fleet, const Report& report) { fleet.add(render_json(report), "somewhere.json"); }

/// node01 ... nodeNN of one board.
void add_alike(Fleet& fleet, unsigned count, const std::string& board = "Acme S1") {
  for (unsigned i = 1; i <= count; ++i)
    add(fleet, host(ready_laptop(), (i < 10 ? "node0" : "node") + std::to_string(i), board));
}

TEST(Fleet, CountsAndGroupsByCause) {
  Fleet fleet;
  add_alike(fleet, 3);
  add(fleet, host(iommu_off(), "b", "Acme S2"));
  add(fleet, host(iommu_off(), "a"));
  add(fleet, host(undetermined(), "c"));
  const auto summary = fleet.summary(nullptr);
  EXPECT_EQ(summary.hosts, 6u);
  EXPECT_EQ(summary.verdicts.ready, 3u);
  EXPECT_EQ(summary.next_boots.undetermined, 6u) << "none of these reports says anything of the next boot";
  ASSERT_THAT(summary.causes, SizeIs(2));
  EXPECT_EQ(summary.causes[0].signature, "iommu-active");
  EXPECT_EQ(summary.causes[0].hosts.count, 2u);
  EXPECT_THAT(summary.causes[0].hosts.examples, ElementsAre("a", "b"));
  EXPECT_THAT(summary.causes[0].boards, ElementsAre("Acme S1", "Acme S2"));
  EXPECT_EQ(summary.causes[1].verdict, Verdict::undetermined);
  const auto text = render_fleet_text(summary, {});
  EXPECT_THAT(text, AllOf(HasSubstr("6 hosts: 3 ready, 2 not ready, 1 undetermined."),
                          HasSubstr("2  iommu-active; Verdict: not ready")));
}

TEST(Fleet, FindsTheOneThatDiffersWithinItsBoard) {
  Fleet fleet;
  add_alike(fleet, 49);
  auto odd = host(ready_laptop(), "node0312");
  odd.host.interrupt_remapping = "off";
  add(fleet, odd);
  for (unsigned i = 0; i < 20; ++i) {  // another board, on which nothing is usual
    auto other = host(ready_laptop(), "m" + std::to_string(i), "Acme S9");
    other.host.interrupt_remapping = i % 2 == 0 ? "off" : "on";
    add(fleet, other);
  }
  const auto summary = fleet.summary(nullptr);
  ASSERT_THAT(summary.outliers, SizeIs(1));
  const auto& outlier = summary.outliers[0];
  EXPECT_EQ(outlier.board + "|" + outlier.what + "|" + outlier.usual + "|" + outlier.value,
            "Acme S1|interrupt remapping|on|off");
  EXPECT_EQ(outlier.usual_hosts, 49u);
  EXPECT_EQ(outlier.board_hosts, 50u);
  EXPECT_THAT(outlier.hosts.examples, ElementsAre("node0312"));
  EXPECT_THAT(render_fleet_text(summary, {}), HasSubstr("Acme S1: interrupt remapping is off, on 49 of 50 it is on"));
}

TEST(Fleet, WhatIsNotKnownIsAnOutlierAndNeverTheUsual) {
  Fleet fleet;
  for (unsigned i = 0; i < 10; ++i) {
    auto report = host(ready_laptop(), "n" + std::to_string(i));
    report.host.interrupt_remapping = i == 0 ? "unknown" : "on";
    report.host.iommu = i == 0 ? "on" : "unknown";
    add(fleet, report);
  }
  const auto summary = fleet.summary(nullptr);
  ASSERT_THAT(summary.outliers, SizeIs(1));
  EXPECT_EQ(summary.outliers[0].what + " " + summary.outliers[0].value, "interrupt remapping unknown");
}

TEST(Fleet, OfFewHostsNothingIsUsual) {
  Fleet fleet;
  add_alike(fleet, 3);
  auto odd = host(ready_laptop(), "odd");
  odd.host.iommu = "off";
  add(fleet, odd);
  EXPECT_THAT(fleet.summary(nullptr).outliers, IsEmpty());
}

TEST(Fleet, SumsDevicesById) {
  Fleet fleet;
  add_alike(fleet, 4);
  const auto summary = fleet.summary(nullptr);
  ASSERT_THAT(summary.devices, SizeIs(4));
  EXPECT_EQ(summary.devices[0].id, "1217:8621");
  EXPECT_EQ(summary.devices[0].alone, 4u);
  EXPECT_EQ(summary.devices[0].hosts, 4u);
  EXPECT_EQ(summary.devices[2].with_companions, 4u);
}

TEST(Fleet, NamesWhoBreaksAtTheNextBoot) {
  Fleet fleet;
  const NextBoot breaks{Verdict::not_ready, ArgumentsNext::lost, {}, false, {"intel_iommu=on"}, {}, "It lacks it."};
  const NextBoot doubtful{Verdict::undetermined, ArgumentsNext::unknown, {}, true, {"pci=x", "vfio-pci.ids=1:2"}, {},
                          "Who knows."};
  const auto add_with = [&fleet](Report report, const char* name, const NextBoot& next) {
    report.next_boot = next;
    add(fleet, host(std::move(report), name));
  };
  add_with(ready_laptop(), "d", doubtful);
  add_with(ready_laptop(), "b2", breaks);
  add_with(ready_laptop(), "b1", breaks);
  add_with(ready_laptop(), "fine", {Verdict::ready, ArgumentsNext::kept, {}, false, {}, {}, ""});
  add_with(ready_laptop(), "other kernel", {Verdict::undetermined, ArgumentsNext::kept, {}, true, {}, {}, ""});
  add_with(iommu_off(), "broken already", breaks);
  const auto summary = fleet.summary(nullptr);
  ASSERT_THAT(summary.next_boot, SizeIs(2));
  EXPECT_EQ(summary.next_boot[0].verdict, Verdict::not_ready);
  EXPECT_THAT(summary.next_boot[0].hosts.examples, ElementsAre("b1", "b2"));
  EXPECT_THAT(summary.next_boot[1].lost, ElementsAre("pci=x", "vfio-pci.ids=1:2"));
  EXPECT_EQ(summary.next_boots.ready, 1u);
}

TEST(Fleet, OfTwoReportsAboutOneHostTheNewerCounts) {
  for (const bool newer_first : {false, true}) {
    Fleet fleet;
    auto before = host(iommu_off(), "n"), after = host(ready_laptop(), "n");
    before.generated_at = "2026-01-01T00:00:00Z";
    if (newer_first) std::swap(before, after);
    add(fleet, before);
    add(fleet, after);
    const auto summary = fleet.summary(nullptr);
    EXPECT_EQ(summary.hosts, 1u);
    EXPECT_EQ(summary.superseded, 1u);
    EXPECT_EQ(summary.verdicts.ready, 1u) << newer_first;
  }
  Fleet unnamed;
  add(unnamed, ready_laptop());
  add(unnamed, ready_laptop());
  EXPECT_EQ(unnamed.summary(nullptr).hosts, 2u) << "nobody knows whether these are one";
  EXPECT_THAT(render_fleet_text(unnamed.summary(nullptr), {}), HasSubstr("2 reports do not say which host"));
}

TEST(Fleet, WhatIsSkippedIsCountedAndNamed) {
  Fleet fleet;
  add_alike(fleet, 999);
  fleet.add("{\"schema\": 1", "reports/broken.json");
  fleet.skip("reports/far.json", "Permission denied");
  const auto summary = fleet.summary(nullptr);
  EXPECT_EQ(summary.hosts, 999u);
  EXPECT_EQ(summary.skipped_total, 2u);
  EXPECT_EQ(summary.skipped[0].place, "reports/broken.json");
  EXPECT_THAT(summary.skipped[0].why, HasSubstr("not valid JSON"));
  EXPECT_THAT(render_fleet_text(summary, {}),
              AllOf(HasSubstr("2 reports were skipped"), HasSubstr("reports/far.json     Permission denied")));
}

TEST(Fleet, SaysWhatChangedSinceTheLastRun) {
  Fleet before, after;
  auto next = host(ready_laptop(), "next");
  next.next_boot = NextBoot{Verdict::ready, ArgumentsNext::kept, {}, false, {}, {}, ""};
  for (const auto& report : {host(ready_laptop(), "falls"), host(iommu_off(), "rises"), host(ready_laptop(), "stays"),
                             host(ready_laptop(), "leaves"), next})
    add(before, report);
  next.next_boot->verdict = Verdict::not_ready;
  for (const auto& report : {host(iommu_off(), "falls"), host(ready_laptop(), "rises"), host(ready_laptop(), "stays"),
                             host(ready_laptop(), "comes"), next})
    add(after, report);
  const auto previous = read_previous_fleet(render_fleet_json(before.summary(nullptr)), "before.json");
  EXPECT_THAT(previous.states, SizeIs(5));
  const auto summary = after.summary(&previous);
  ASSERT_TRUE(summary.changes);
  const auto& changes = *summary.changes;
  ASSERT_THAT(changes.worse, SizeIs(1));
  EXPECT_EQ(changes.worse[0].host + " " + changes.worse[0].cause, "falls iommu-active");
  ASSERT_THAT(changes.better, SizeIs(1));
  EXPECT_EQ(changes.better[0].host, "rises");
  EXPECT_THAT(changes.fresh.examples, ElementsAre("comes"));
  EXPECT_THAT(changes.gone.examples, ElementsAre("leaves"));
  EXPECT_THAT(changes.next_boot_worse.examples, ElementsAre("next"));
  EXPECT_THAT(render_fleet_text(summary, {}), HasSubstr("falls  not ready; Before: ready; Checks: iommu-active"));
  EXPECT_EQ(schema_violations(Json::parse(render_fleet_json(summary)), "docs/schema/fleet-1.json"), "");
}

TEST(Fleet, AnEarlierRunThatIsNoneIsRefused) {
  for (const std::string text :
       {"", "[]", "{}", "{\"schema\": \"vfio-doctor/report/1\"}", "{\"schema\": \"vfio-doctor/fleet/1\""}) {
    EXPECT_THROW(read_previous_fleet(text, "x.json"), InputError) << text;
  }
  EXPECT_THROW(read_previous_fleet(std::string(100000, '['), "x.json"), InputError);
}

TEST(Fleet, TheOrderOfReportsChangesNothing) {
  std::vector<Report> reports;
  for (unsigned i = 0; i < 12; ++i) {
    reports.push_back(host(i % 3 == 0 ? iommu_off() : ready_laptop(), "n" + std::to_string(i), i < 8 ? "Acme S1" : "Acme S2"));
    if (i == 4) reports.back().host.kernel = "5.10.1";
  }
  Fleet one, other;
  for (const auto& report : reports) add(one, report);
  for (auto report = reports.rbegin(); report != reports.rend(); ++report) add(other, *report);
  const auto states_on = [](const Fleet& fleet) {
    auto document = Json::parse(render_fleet_json(fleet.summary(nullptr)));
    document.erase("generated_at");
    return document.dump();
  };
  EXPECT_EQ(states_on(one), states_on(other));
}

TEST(Fleet, HostileNamesAreHarmlessInEveryFormat) {
  Fleet fleet;
  for (unsigned i = 0; i < 7; ++i) {
    auto report =
        host(iommu_off(), "\x1b[2J<script>alert(1)</script>|`@everyone " + std::to_string(i), "</td><img src=x>|\x1b]0;x\x07");
    report.findings[0].id = "*[x](http://example.org)\n<b>";
    report.host.kernel = i == 0 ? "\x1b[31m6.1<b>" : "6.1";
    add(fleet, report);
  }
  fleet.skip("a\x1b[2J<i>.json\nfaked", "<u>why\x1b</u>");
  const auto summary = fleet.summary(nullptr);
  ASSERT_THAT(summary.outliers, SizeIs(1));
  const auto html = render_fleet_html(summary), markdown = render_fleet_markdown(summary),
             text = render_fleet_text(summary, {});
  EXPECT_EQ(schema_violations(Json::parse(render_fleet_json(summary)), "docs/schema/fleet-1.json"), "");
  for (const auto& rendered : {html, markdown, text})
    for (const char c : rendered) ASSERT_TRUE(c == '\n' || c < 0 || c >= ' ') << static_cast<int>(c);
  EXPECT_THAT(html,
              AllOf(Not(HasSubstr("<script>alert")), Not(HasSubstr("<img")), Not(HasSubstr("<b>")), Not(HasSubstr("<i>"))));
  EXPECT_THAT(markdown, AllOf(Not(HasSubstr("<script>")), Not(HasSubstr("@everyone")), Not(HasSubstr("http://"))));
}

TEST(Fleet, ManyDifferentHostsStayWithinBounds) {
  Fleet fleet;
  for (unsigned i = 0; i < 3000; ++i) {
    auto report = iommu_off();
    report.findings[0].id = "check-" + std::to_string(i);
    add(fleet, host(report, "n" + std::to_string(i), "board " + std::to_string(i)));
  }
  const auto summary = fleet.summary(nullptr);
  EXPECT_EQ(summary.causes_total, 3000u);
  EXPECT_THAT(summary.causes, SizeIs(1000));
  EXPECT_LT(render_fleet_markdown(summary).size(), longest_markdown);
  EXPECT_THAT(render_fleet_text(summary, {}), HasSubstr("2988 more are not shown here."));
}

}  // namespace
}  // namespace vfio_doctor::testing
