// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/json.hpp"
#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::size_t count_of(const std::string& text, const std::string& piece) {
  std::size_t count = 0;
  for (std::size_t at = 0; (at = text.find(piece, at)) != std::string::npos; ++at) ++count;
  return count;
}

std::string json_inside(const std::string& page) {
  const std::string start = "<script type=\"application/json\" id=\"report-json\">";
  const std::size_t from = page.find(start) + start.size();
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(RenderHtml, HoldsTheReportAsJson) {
  for (const NamedReport& each : golden_reports())
    EXPECT_EQ(nlohmann::json::parse(json_inside(render_html(each.report))), nlohmann::json::parse(render_json(each.report)))
        << each.name;
}

TEST(RenderHtml, NamesStayText) {
  const std::string page = render_html(hostile_names());
  EXPECT_EQ(count_of(page, "<script"), 2u) << "the JSON and the page's own";
  EXPECT_EQ(count_of(page, "</script"), 2u);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, HasSubstr("{{mustache}} {{{raw}}}"));
}

TEST(RenderHtml, LoadsNothing) {
  for (const NamedReport& each : golden_reports()) {
    const std::string page = render_html(each.report);
    EXPECT_THAT(page, Not(HasSubstr(" src=\""))) << each.name;
    EXPECT_THAT(page, Not(HasSubstr("url("))) << each.name;
    EXPECT_THAT(page, HasSubstr("default-src 'none'")) << each.name;
  }
}

TEST(RenderHtml, SaysWhichHostInItsTitle) {
  Report report = ready_laptop();
  EXPECT_THAT(render_html(report), HasSubstr("<title>hm170: Ready: "));
  report.host.machine.host.name = std::string("node-7");
  EXPECT_THAT(render_html(report), HasSubstr("<title>node-7: Ready: "));
}

TEST(RenderHtml, SaysWhyAndWhatIsAccepted) {
  Report report = ready_laptop();
  report.pages = {{"usb-controller-loss", "# USB\n\n## Why it matters\n\nNothing can be typed then.\n"}};
  report.accepted = {{"group-viable", "group:11", "known", "x.conf:1"}};
  report.findings[4].effect = Effect::none;
  const std::string page = render_html(report);
  EXPECT_THAT(page, HasSubstr("<p>Nothing can be typed then.</p>"));
  EXPECT_THAT(page, HasSubstr("Accepted (x.conf:1): known"));
}

TEST(RenderHtml, WhatAGroupSaysStandsOnce) {
  const std::string page = render_html(large_host(20));  // groups of 8, 8 and 2 functions, and two ports
  EXPECT_EQ(count_of(page.substr(0, page.find("id=\"report-json\"")), ", see there"), 7u + 7u + 1u);
}

TEST(RenderHtml, ManySubjectsAreCounted) {
  const std::string page = render_html(large_host(4096));
  EXPECT_THAT(page, HasSubstr("The same for 4095 more: 0000:01:00.0, "));
  EXPECT_THAT(page.substr(0, page.find("id=\"report-json\"")), Not(HasSubstr("....")));
}

TEST(RenderHtml, EveryDeviceHasARow) { EXPECT_EQ(count_of(render_html(large_host(600)), "<tr role=\"row\" data-"), 600u); }

}  // namespace
}  // namespace vfio_doctor::testing
