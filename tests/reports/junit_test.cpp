// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/junit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include <memory>
#include <set>

#include "reports/sample_reports.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;

template <typename T, void (*release)(T*)>
struct Release {
  void operator()(T* object) const { release(object); }
};
template <typename T, void (*release)(T*)>
using Owned = std::unique_ptr<T, Release<T, release>>;

void free_text(xmlChar* text) { xmlFree(text); }

/// Whether `text` is XML that keeps to tests/reports/schema/junit.xsd.
bool keeps_to_schema(const std::string& text) {
  const Owned<xmlDoc, xmlFreeDoc> document(
      xmlReadMemory(text.data(), static_cast<int>(text.size()), "junit.xml", nullptr, XML_PARSE_NONET));
  if (!document) return false;
  const Owned<xmlSchemaParserCtxt, xmlSchemaFreeParserCtxt> parser(
      xmlSchemaNewParserCtxt(TESTS_DIR "/reports/schema/junit.xsd"));
  const Owned<xmlSchema, xmlSchemaFree> schema(xmlSchemaParse(parser.get()));
  if (!schema) return false;
  const Owned<xmlSchemaValidCtxt, xmlSchemaFreeValidCtxt> validator(xmlSchemaNewValidCtxt(schema.get()));
  return xmlSchemaValidateDoc(validator.get(), document.get()) == 0;
}

std::string junit_of(const Finding& finding) {
  Report report = empty_report();
  report.verdict = Verdict::ready;
  report.findings = {finding};
  return render_junit(report);
}

TEST(RenderJunit, KeepsToTheSchema) {
  for (const NamedReport& each : golden_reports()) EXPECT_TRUE(keeps_to_schema(render_junit(each.report))) << each.name;
}

TEST(RenderJunit, TheSchemaCanSayNo) {
  std::string text = render_junit(ready_laptop());
  text.replace(text.find("<testcase "), 10, "<testthing ");
  EXPECT_FALSE(keeps_to_schema(text));
  EXPECT_FALSE(keeps_to_schema("<testsuites tests=\"1\" failures=\"0\" errors=\"0\"/>"));
}

TEST(RenderJunit, TheVerdictIsTheFirstTestCase) {
  EXPECT_THAT(render_junit(ready_laptop()), HasSubstr("name=\"Verdict\" time=\"0\"><system-out>ready"));
  EXPECT_THAT(render_junit(iommu_off()), HasSubstr("name=\"Verdict\" time=\"0\"><failure"));
  EXPECT_THAT(render_junit(undetermined()), HasSubstr("name=\"Verdict\" time=\"0\"><error"));
}

TEST(RenderJunit, CountsWhatItContains) {
  EXPECT_THAT(junit_of(finding("a", Status::pass, "host", "A", "a")),
              HasSubstr("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"0\""));
  EXPECT_THAT(junit_of(finding("a", Status::fail, "host", "A", "a")),
              HasSubstr("tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\""));
  EXPECT_THAT(junit_of(finding("a", Status::error, "host", "A", "a")),
              HasSubstr("tests=\"2\" failures=\"0\" errors=\"1\" skipped=\"0\""));
  EXPECT_THAT(junit_of(finding("a", Status::unknown, "host", "A", "a")),
              HasSubstr("tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""));
}

TEST(RenderJunit, SuitesOfSeveralHostsHaveNamesOfTheirOwn) {
  Report report = ready_laptop();
  EXPECT_THAT(render_junit(report), HasSubstr("<testsuite name=\"vfio-doctor on sample hm170\""));
  report.host.machine.host.name = std::string("node-7");
  EXPECT_THAT(render_junit(report), HasSubstr("<testsuite name=\"vfio-doctor on node-7\""));
  EXPECT_THAT(render_junit(report), HasSubstr(" hostname=\"node-7\""));
  EXPECT_TRUE(keeps_to_schema(render_junit(report)));
}

/// Viewers and mergers (xunit-viewer 10, junitparser 2.8) take suites of one name for one suite, and show one host's cases for
/// three. Each host says its name where it was asked for (--identify), else what it was read from.
TEST(RenderJunit, ThreeHostsAreThreeSuites) {
  std::set<std::string> names, hosts;
  const auto take = [&](const Report& report) {
    const std::string text = render_junit(report);
    const Owned<xmlDoc, xmlFreeDoc> document(
        xmlReadMemory(text.data(), static_cast<int>(text.size()), "junit.xml", nullptr, XML_PARSE_NONET));
    ASSERT_TRUE(document);
    const xmlNode* suite = xmlFirstElementChild(xmlDocGetRootElement(document.get()));
    for (const auto& [attribute, into] : {std::pair{"name", &names}, std::pair{"hostname", &hosts}}) {
      const Owned<xmlChar, free_text> value(xmlGetProp(suite, reinterpret_cast<const xmlChar*>(attribute)));
      ASSERT_TRUE(value);
      into->insert(reinterpret_cast<const char*>(value.get()));
    }
  };
  for (const std::string name : {"node-1", "node-2", "node-3"}) {
    Report report = ready_laptop();
    report.source = {"live", "this host"};
    report.host.machine.host.name = name;
    take(report);
  }
  for (const std::string file : {"a.json", "b.json"}) {
    Report report = ready_laptop();
    report.source = {"snapshot", file};
    take(report);
  }
  EXPECT_EQ(names.size(), 5U) << ::testing::PrintToString(names);
  EXPECT_EQ(hosts.size(), 5U) << ::testing::PrintToString(hosts);
}

TEST(RenderJunit, AnAcceptedRiskIsSkippedWithItsReason) {
  Report report = empty_report();
  report.verdict = Verdict::ready;
  report.findings = {finding("a", Status::fail, "host", "A", "a")};
  report.accepted = {{"a", "host", "known", "--accept"}};
  EXPECT_THAT(render_junit(report), HasSubstr("<skipped message=\"Accepted risk (known): a\"/>"));
}

TEST(RenderJunit, ProtectionIsNoFailure) {
  Finding protects = finding("a", Status::fail, "host", "A", "a");
  protects.effect = Effect::protects;
  EXPECT_THAT(junit_of(protects), HasSubstr("failures=\"0\""));
}

}  // namespace
}  // namespace vfio_doctor::testing
