// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/input_error.hpp"
#include "reports/sample_reports.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string refusal(const std::string& text) {
  try {
    parse_report_json(text, "r.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

/// What is said when `change` is made to a good report.
template <typename Change>
std::string refusal_after(Change change) {
  Json document = Json::parse(render_json(ready_laptop()));
  change(document);
  return refusal(document.dump());
}

TEST(RenderJson, KeepsToTheSchema) {
  for (const NamedReport& each : golden_reports())
    EXPECT_EQ(schema_violations(Json::parse(render_json(each.report)), "docs/schema/report-1.json"), "") << each.name;
  EXPECT_EQ(schema_violations(Json::parse(render_json(large_host(64))), "docs/schema/report-1.json"), "");
}

TEST(RenderJson, TheSchemaCanSayNo) {
  Json document = Json::parse(render_json(ready_laptop()));
  document["devices"][0]["verdict"] = "fine";
  EXPECT_NE(schema_violations(document, "docs/schema/report-1.json"), "");
  document = Json::parse(render_json(ready_laptop()));
  document["findings"][0].erase("summary");
  EXPECT_NE(schema_violations(document, "docs/schema/report-1.json"), "");
}

TEST(RenderJson, SaysWhichMachineItIsAndWhatIsAccepted) {
  Report report = ready_laptop();
  report.host.machine.hardware.board = std::string("Sample Boards X-77");
  report.host.machine.hardware.firmware_date = std::string("03/14/2024");
  report.host.machine.interfaces = {{"group", "cdev"}};
  report.host.machine.hardware.qemu = std::string("8.2.2");
  report.accepted = {{"usb-controller-loss", "0000:00:14.0", "ssh stays", "x.conf:1"}};
  const std::string text = render_json(report);
  const Json document = Json::parse(text);
  EXPECT_EQ(schema_violations(document, "docs/schema/report-1.json"), "");
  EXPECT_EQ(document["findings"][3]["accepted"], "ssh stays");
  EXPECT_EQ(document["findings"][3]["status"], "warn") << "it stays what it is";
  EXPECT_TRUE(document["host"]["versions"]["libvirt"].is_null());
  EXPECT_FALSE(document["host"].contains("name")) << "only where it was asked for";
  EXPECT_EQ(render_json(parse_report_json(text, "r.json")), text);
  report.host.machine.host.name = std::string("node-7");
  EXPECT_EQ(Json::parse(render_json(report))["host"]["name"], "node-7");
}

TEST(RenderJson, SaysWhatTheNextBootDoes) {
  Report report = ready_laptop();
  EXPECT_FALSE(Json::parse(render_json(report)).contains("next_boot"));
  report.next_boot =
      NextBoot{Verdict::not_ready, ArgumentsNext::lost, "Sample 1", false, {"intel_iommu=on"}, {}, "It is lost."};
  const std::string text = render_json(report);
  const Json document = Json::parse(text);
  EXPECT_EQ(schema_violations(document, "docs/schema/report-1.json"), "");
  EXPECT_EQ(document["next_boot"]["verdict"], "not-ready");
  EXPECT_EQ(document["next_boot"]["lost"], Json::array({"intel_iommu=on"}));
  EXPECT_EQ(render_json(parse_report_json(text, "r.json")), text);
  report.next_boot = NextBoot{};
  EXPECT_TRUE(Json::parse(render_json(report))["next_boot"]["other_kernel"].is_null());
  EXPECT_EQ(render_json(parse_report_json(render_json(report), "r.json")), render_json(report));
}

TEST(RenderJson, SaysNullForWhatWasNotObserved) {
  const Json document = Json::parse(render_json(undetermined()));
  EXPECT_TRUE(document["host"]["cpu_vendor"].is_null());
  const Json& device = document["devices"][0];
  for (const char* member : {"driver", "revision", "subsystem_vendor_id", "name", "parent"})
    EXPECT_TRUE(device.at(member).is_null()) << member;
}

TEST(RenderJson, ReplacesWhatIsNotUtf8AndIsHarmlessOnATerminal) {
  const std::string text = render_json(hostile_names());
  for (const char byte : text) ASSERT_TRUE(byte == '\n' || (byte >= ' ' && byte < '\x7f')) << static_cast<int>(byte);
  EXPECT_EQ(Json::parse(text)["host"]["distribution"], "\xef\xbf\xbd\xef\xbf\xbd distro");
}

TEST(ParseReportJson, ReadsBackWhatWasWritten) {
  for (const NamedReport& each : golden_reports()) {
    const std::string text = render_json(each.report);
    EXPECT_EQ(render_json(parse_report_json(text, "r.json")), text) << each.name;
  }
}

TEST(ParseReportJson, AcceptsTheMembersOfTheFirstVersionAlone) {
  Json document = Json::parse(render_json(ready_laptop()));
  for (const char* member : {"selection", "notes"}) document.erase(member);
  for (Json& device : document["devices"])
    for (const char* member : {"class_name", "parent", "is_bridge"}) device.erase(member);
  document["later"] = {{"more", 1}};
  EXPECT_EQ(parse_report_json(document.dump(), "r.json").devices.size(), 13u);
}

TEST(ParseReportJson, NamesTheLineOfASyntaxError) {
  EXPECT_EQ(refusal("{\n\"schema\": \n}"), "r.json:3: not valid JSON");
  EXPECT_EQ(refusal(""), "r.json:1: not valid JSON");
  EXPECT_EQ(refusal("{\"schema\": 1e999}"), "r.json: not valid JSON: a number is out of range");
}

TEST(ParseReportJson, RefusesWhatIsNoReport) {
  EXPECT_EQ(refusal("[]"), "r.json: not a vfio-doctor report: it has no \"schema\"");
  EXPECT_EQ(refusal("{\"schema\": \"\\u001b[2J\"}"), "r.json: schema must be \"vfio-doctor/report/1\", not \"\\x1b[2J\"");
  EXPECT_EQ(refusal("{\"schema\": 3}"), "r.json: schema: must be a string");
}

TEST(ParseReportJson, NamesThePlaceOfAWrongValue) {
  EXPECT_EQ(refusal_after([](Json& report) { report["devices"][3]["address"] = "nonsense"; }),
            "r.json: devices[3].address: must be a PCI address such as 0000:03:00.0, not \"nonsense\"");
  EXPECT_EQ(refusal_after([](Json& report) { report["devices"][0]["vendor_id"] = "8086\n"; }),
            "r.json: devices[0].vendor_id: must be 4 lower-case hexadecimal digits, not \"8086\\x0a\"");
  EXPECT_EQ(refusal_after([](Json& report) { report["devices"][2]["iommu_group"] = -1; }),
            "r.json: devices[2].iommu_group: must be a whole number from 0 to 4294967295");
  EXPECT_EQ(refusal_after([](Json& report) { report["findings"][0]["status"] = "fine"; }),
            "r.json: findings[0].status: must be one of pass, warn, fail, unknown, not-applicable, error, "
            "not \"fine\"");
  EXPECT_EQ(refusal_after([](Json& report) { report["findings"] = 7; }), "r.json: findings: must be an array");
  EXPECT_EQ(refusal_after([](Json& report) { report.erase("verdict"); }), "r.json: \"verdict\" is missing");
  EXPECT_EQ(refusal_after([](Json& report) { report["findings"][0].erase("remedy"); }),
            "r.json: findings[0]: \"remedy\" is missing");
  EXPECT_EQ(refusal_after([](Json& report) { report["host"] = nullptr; }), "r.json: host: must be an object");
}

TEST(ParseReportJson, RefusesTwins) {
  EXPECT_EQ(refusal_after([](Json& report) { report["devices"].push_back(report["devices"][0]); }),
            "r.json: devices: 0000:00:00.0 is listed twice");
  EXPECT_EQ(refusal_after([](Json& report) { report["groups"].push_back(report["groups"][0]); }),
            "r.json: groups: group 0 is listed twice");
}

TEST(ParseReportJson, SurvivesDepthAndLength) {
  EXPECT_THAT(refusal(std::string(1 << 16, '[')), HasSubstr("not valid JSON"));
  const std::string deep = std::string(1 << 16, '[') + std::string(1 << 16, ']');
  EXPECT_THAT(refusal("{\"schema\": \"vfio-doctor/report/1\", \"x\": " + deep + "}"),
              HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(refusal(std::string(longest_report_json + 1, ' ')), HasSubstr("longer than 64 MiB"));
}

}  // namespace
}  // namespace vfio_doctor::testing
