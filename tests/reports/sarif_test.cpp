// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/sarif.hpp"

#include <gtest/gtest.h>

#include "reports/sample_reports.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor::testing {
namespace {

using Json = nlohmann::json;

Json only_result(Finding finding) {
  Report report = empty_report();
  report.findings = {std::move(finding)};
  return Json::parse(render_sarif(report))["runs"][0]["results"].at(0);
}

TEST(RenderSarif, KeepsToTheSchema) {
  for (const NamedReport& each : golden_reports())
    EXPECT_EQ(schema_violations(Json::parse(render_sarif(each.report)), "tests/reports/schema/sarif.json"), "") << each.name;
}

TEST(RenderSarif, TheSchemaCanSayNo) {
  Json document = Json::parse(render_sarif(ready_laptop()));
  document["runs"][0]["results"][0]["level"] = "error";  // of the kind pass
  EXPECT_NE(schema_violations(document, "tests/reports/schema/sarif.json"), "");
}

TEST(RenderSarif, UnknownIsNeverAPass) {
  EXPECT_EQ(only_result(finding("a", Status::unknown, "host", "A", "a")).at("kind"), "open");
}

TEST(RenderSarif, ProtectionIsNoFailure) {
  Finding protects = finding("a", Status::fail, "host", "A", "a");
  EXPECT_EQ(only_result(protects).at("level"), "error");
  protects.effect = Effect::protects;
  EXPECT_EQ(only_result(protects).at("kind"), "informational");
}

TEST(RenderSarif, PointsToFilesAndLines) {
  Finding each = finding("a", Status::warn, "host", "A", "a");
  each.evidence = {{"lspci", "?"}, {"/etc/default/grub 100%:6", "x"}};
  const Json place = only_result(each)["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "etc/default/grub%20100%25");
  EXPECT_EQ(place["region"]["startLine"], 6);
  EXPECT_EQ(place["region"]["snippet"]["text"], "x");
  each.evidence = {{"/sys/bus/pci/devices/0000:00:01.0", "x"}};
  const Json whole = only_result(each)["locations"][0]["physicalLocation"];
  EXPECT_EQ(whole["artifactLocation"]["uri"], "sys/bus/pci/devices/0000%3A00%3A01.0") << "01.0 is no line";
  EXPECT_EQ(whole["region"], (Json{{"startLine", 1}, {"message", {{"text", "The whole file."}}}}))
      << "sarif-multitool asks for a region (SARIF2017); that no line is known is said in words";
}

TEST(RenderSarif, EveryRuleSaysWhatItIsAndWhatToDo) {
  Report report = ready_laptop();
  report.pages = {
      {"iommu-active", "# IOMMU\n\n## What it checks\n\nThings.\n\n## Why it matters\n\nWithout `it` nothing goes.\n"}};
  const Json run = Json::parse(render_sarif(report))["runs"][0];
  for (const Json& rule : run["tool"]["driver"]["rules"]) {
    EXPECT_FALSE(rule.at("fullDescription").at("text").get<std::string>().empty());
    EXPECT_FALSE(rule.at("help").at("text").get<std::string>().empty());
    EXPECT_FALSE(rule.at("help").at("markdown").get<std::string>().empty());
  }
  const Json& iommu = run["tool"]["driver"]["rules"][0];
  EXPECT_EQ(iommu["name"], "IommuActive");
  EXPECT_EQ(iommu["fullDescription"]["text"], "Without it nothing goes.");
  EXPECT_TRUE(run["tool"]["driver"].contains("informationUri"));
}

TEST(RenderSarif, AnAcceptedRiskIsSuppressedAndStillThere) {
  Report report = empty_report();
  report.findings = {finding("a", Status::warn, "0000:01:00.0", "A", "a")};
  report.accepted = {{"a", "0000:01:00.0", "one GPU", "--accept"}};
  const Json result = Json::parse(render_sarif(report))["runs"][0]["results"].at(0);
  EXPECT_EQ(result["level"], "warning");
  EXPECT_EQ(result["suppressions"][0]["justification"], "one GPU");
}

TEST(RenderSarif, ABrokenCheckIsANotification) {
  Report report = empty_report();
  report.findings = {finding("a", Status::error, "host", "A", "the check failed")};
  const Json run = Json::parse(render_sarif(report))["runs"][0];
  EXPECT_TRUE(run["results"].empty());
  EXPECT_EQ(run["invocations"][0]["executionSuccessful"], false);
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"][0]["associatedRule"]["id"], "a");
}

}  // namespace
}  // namespace vfio_doctor::testing
