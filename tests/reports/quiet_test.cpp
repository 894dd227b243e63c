// SPDX-License-Identifier: GPL-2.0-or-later
// What nobody asked about and could not be seen is counted, and is no problem.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "reports/brief.hpp"
#include "reports/json.hpp"
#include "reports/outline.hpp"
#include "reports/sample_reports.hpp"
#include "reports/text.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Report with_unseen(bool quiet) {
  Report report = ready_laptop();
  Finding finding;
  finding.id = "huge-pages";
  finding.title = "Huge pages";
  finding.status = Status::unknown;
  finding.subject = host_subject;
  finding.summary = "Which huge pages there are could not be seen.";
  finding.quiet = quiet;
  report.findings.push_back(finding);
  return report;
}

TEST(Quiet, IsCountedAndNotTold) {
  const auto before = render_text(ready_laptop(), {}), quiet = render_text(with_unseen(true), {});
  EXPECT_THAT(quiet, Not(HasSubstr("huge-pages")));
  TextStyle wide;
  wide.columns = 200;
  EXPECT_THAT(render_text(with_unseen(true), wide), HasSubstr("1 could not see what it needs"));
  EXPECT_LE(std::ranges::count(quiet, '\n'), std::ranges::count(before, '\n') + 1);
  EXPECT_THAT(render_text(with_unseen(false), {}), HasSubstr("huge-pages"));
  EXPECT_THAT(render_brief(with_unseen(true), {}), Not(HasSubstr("huge-pages")));
}

TEST(Quiet, IsShownToWhoAsks) {
  TextStyle style;
  style.verbosity = Verbosity::verbose;
  EXPECT_THAT(render_text(with_unseen(true), style), HasSubstr("UNKNOWN huge-pages: Which huge pages there are could not be "
                                                               "seen."));
}

TEST(Quiet, StaysQuietThroughJson) {
  const auto text = render_json(with_unseen(true));
  EXPECT_EQ(schema_violations(nlohmann::json::parse(text), "docs/schema/report-1.json"), "");
  const auto again = parse_report_json(text, "r.json");
  EXPECT_TRUE(again.findings.back().quiet);
  EXPECT_THAT(render_json(with_unseen(false)), Not(HasSubstr("\"quiet\"")));
}

Finding warning(const std::string& id, const std::string& subject) {
  Finding finding;
  finding.id = id;
  finding.title = id;
  finding.status = Status::warn;
  finding.subject = subject;
  finding.summary = "Something is amiss.";
  return finding;
}

/// A laptop's one USB controller carries its keyboard; that matters once somebody gives it away.
TEST(Quiet, WhatMattersInAnyCaseComesBeforeADeviceThatNobodyAskedFor) {
  Report report;
  report.findings = {warning("last-keyboard", "0000:00:14.0"), warning("acs-override", host_subject)};
  const auto first = [](const Report& of) { return outline(of).problems.at(0).first().id; };
  EXPECT_EQ(first(report), "acs-override");
  report.selection = {*PciAddress::parse("0000:00:14.0")};
  EXPECT_EQ(first(report), "last-keyboard");
}

}  // namespace
}  // namespace vfio_doctor::testing
