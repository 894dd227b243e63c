// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/markdown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MarkdownText, NeitherFormatsNorMentionsNorLinks) {
  EXPECT_EQ(markdown_text("a|b `c` <d> *e* _f_ [g](h)"), "a\\|b \\`c\\` &lt;d&gt; \\*e\\* \\_f\\_ \\[g\\](h)");
  EXPECT_EQ(markdown_text("@all #12"), "@&#8203;all \\#&#8203;12");
  EXPECT_EQ(markdown_text("http://x www.y"), "http&#58;//x www&#46;y");
  EXPECT_EQ(markdown_text("&amp;"), "&amp;amp;");
  EXPECT_EQ(markdown_text("a\nb"), "a\\\\x0ab");
}

TEST(MarkdownText, BeginsNoBlock) {
  EXPECT_EQ(markdown_text("- a - b"), "\\- a - b");
  EXPECT_EQ(markdown_text("1. a 2."), "1\\. a 2.");
  EXPECT_EQ(markdown_text("12) a"), "12\\) a");
  EXPECT_EQ(markdown_text("==="), "\\===");
}

TEST(MarkdownCode, HoldsEveryText) {
  EXPECT_EQ(markdown_code("0000:03:00.0"), "`0000:03:00.0`");
  EXPECT_EQ(markdown_code("a`|b"), "<code>a\\`\\|b</code>");
  EXPECT_EQ(markdown_block("a\n```\nb", "sh"), "````sh\na\n```\nb\n````\n");
}

TEST(RenderMarkdown, StaysShortAndSaysWhatIsLeftOut) {
  Report report = large_host(4096);
  EXPECT_THAT(render_markdown(report), HasSubstr("The same for 4095 more: "));
  for (std::size_t i = 0; i < report.devices.size(); ++i) report.devices[i].reasons = {"Reason " + std::to_string(i) + "."};
  const std::string text = render_markdown(report);
  EXPECT_LT(text.size(), longest_markdown);
  EXPECT_THAT(text, HasSubstr("**Left out to keep this short: "));
  EXPECT_THAT(text, HasSubstr("devices.**"));
  EXPECT_THAT(render_markdown(ready_laptop()), Not(HasSubstr("Left out")));
}

TEST(RenderMarkdown, StaysShortWhateverItIsGiven) {
  const std::string enormous(70000, '<');
  Report report = ready_laptop();
  report.host.distribution = report.host.kernel = report.source.name = report.tool.version = enormous;
  report.selection.assign(10000, at("0000:3e:00.0"));
  report.notes.assign(100, enormous);
  report.findings.clear();
  for (int i = 0; i < 1000; ++i)
    for (const Status status : {Status::fail, Status::pass, Status::unknown}) {
      Finding each = finding("id" + std::to_string(i) + enormous, status, enormous, enormous, enormous);
      each.evidence.assign(20, {enormous, enormous});
      each.remedy.assign(3, {enormous, {enormous, enormous}, {enormous}, enormous});
      if (i < 3) report.findings.push_back(each);
      report.findings.push_back(finding("id" + std::to_string(i), status, "host", "Title", "Summary"));
    }
  for (DeviceReport& device : report.devices) {
    device.name = enormous;
    device.reasons.assign(50, enormous);
  }
  EXPECT_LT(render_markdown(report).size(), longest_markdown);
}

TEST(RenderMarkdown, ClosesWhatItOpens) {
  for (const NamedReport& each : golden_reports()) {
    const std::string text = render_markdown(each.report);
    std::size_t opened = 0, closed = 0;
    for (std::size_t at = 0; (at = text.find("<details>\n", at)) != std::string::npos; ++at) ++opened;
    for (std::size_t at = 0; (at = text.find("\n</details>\n", at)) != std::string::npos; ++at) ++closed;
    EXPECT_EQ(opened, closed) << each.name;
    EXPECT_THAT(text, Not(HasSubstr("@everyone #1 \xe2"))) << each.name;
  }
}

}  // namespace
}  // namespace vfio_doctor::testing
