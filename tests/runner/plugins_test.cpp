// SPDX-License-Identifier: GPL-2.0-or-later
// Plugins that behave, and what their findings do to a report.
#include "runner/plugins/plugins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/process/subprocess.hpp"
#include "machines.hpp"
#include "plugin_fixture.hpp"
#include "reports/report_of.hpp"
#include "reports/valid_json.hpp"
#include "runner/plugins/plugin_facts.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;
using testing::PluginDirectory;

Host small_host() {
  return gather_host(
      testing::machine("group 1 type=DMA-FQ\n"
                       "pci 0000:01:00.0 id=8086:24f3 class=028000 group=1 driver=iwlwifi\n"
                       "text /proc/sys/kernel/osrelease = 6.1.0-18-amd64\n"));
}

struct Plugins : ::testing::Test {
  PluginDirectory directory;
  PluginOptions options;
  std::vector<std::string> skip;
  Host host = small_host();
  void SetUp() override { options.directories = {directory.path()}; }
  std::vector<Finding> run() { return run_plugins(load_plugins(options), host, options, skip); }
  DeviceVerdict verdict_of_the_device() {
    return report_of({"sample", "test"}, host, judge(host, run(), {}, {}), {}).devices.at(0).verdict;
  }
};

TEST_F(Plugins, FindingCarriesWhatThePluginSaid) {
  directory.add_shell(
      "acme",
      PluginDirectory::say(
          "acme", "warn", "0000:01:00.0",
          R"(, "evidence": [{"source": "label", "value": "v1"}], "remedy": [{"text": "Update it.", "commands": ["acme update"], "undo": [], "risk": "None."}])"));
  const auto findings = run();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].id, "acme-check");
  EXPECT_EQ(findings[0].title, "Check of acme");
  EXPECT_EQ(findings[0].status, Status::warn);
  EXPECT_EQ(findings[0].subject, "0000:01:00.0");
  EXPECT_EQ(findings[0].evidence.at(0).value, "v1");
  EXPECT_EQ(findings[0].remedy.at(0).commands.at(0), "acme update");
}

TEST_F(Plugins, ShortAddressIsAccepted) {
  directory.add_shell("acme", PluginDirectory::say("acme", "warn", "01:00.0"));
  EXPECT_EQ(run().at(0).subject, "0000:01:00.0");
}

TEST_F(Plugins, CheckThatSaysNothingIsNotApplicable) {
  directory.add_shell("quiet", "exit 0");
  EXPECT_EQ(run().at(0).status, Status::not_applicable);
}

TEST_F(Plugins, DeviceIsBlockedOrProtectedByWarnAndFailOnly) {
  EXPECT_EQ(verdict_of_the_device(), DeviceVerdict::assignable);
  directory.add_shell("acme", PluginDirectory::say("acme", "pass", "0000:01:00.0", R"(, "effect": "blocked")"));
  EXPECT_EQ(verdict_of_the_device(), DeviceVerdict::assignable);
  directory.add_shell("acme", PluginDirectory::say("acme", "warn", "0000:01:00.0", R"(, "effect": "protected")"));
  EXPECT_EQ(verdict_of_the_device(), DeviceVerdict::protected_by_host);
  directory.add_shell("acme", PluginDirectory::say("acme", "fail", "group:1", R"(, "effect": "blocked")"));
  EXPECT_EQ(verdict_of_the_device(), DeviceVerdict::blocked);
  directory.add_shell("acme", PluginDirectory::say("acme", "unknown", "host", R"(, "effect": "blocked")"));
  EXPECT_EQ(verdict_of_the_device(), DeviceVerdict::undetermined);
}

TEST_F(Plugins, PluginPassDoesNotUndoABuiltInFail) {
  directory.add_shell("acme", PluginDirectory::say("acme", "pass", "0000:01:00.0", R"(, "effect": "blocked")"));
  auto findings = run();
  Finding built_in;
  built_in.id = "group-exists";
  built_in.status = Status::fail;
  built_in.subject = "0000:01:00.0";
  built_in.effect = Effect::blocked;
  findings.insert(findings.begin(), built_in);
  const auto report = report_of({"sample", "test"}, host, judge(host, findings, {}, {}), {});
  EXPECT_EQ(report.devices.at(0).verdict, DeviceVerdict::blocked);
}

TEST_F(Plugins, GetOnlyTheFactsTheyAskFor) {
  directory.add_shell("nosy",
                      "read -r facts; printf '%s' \"$facts\" >&2\ncase $facts in\n"
                      "*'\"facts\":{\"kernel\":{\"release\":\"6.1.0-18-amd64\"'*'\"pci\":{\"functions\":[{\"address\":\"0000:"
                      "01:00.0\"'*) " +
                          PluginDirectory::say("nosy", "pass") +
                          ";;\n*) exit 1;;\nesac\ncase $facts in *iommu\\\":{*) exit 2;; esac",
                      R"("pci", "kernel")");
  EXPECT_EQ(run().at(0).summary, "nosy speaks.");
}

TEST_F(Plugins, SkippedChecksDoNotRun) {
  directory.add_shell("acme", "touch " + directory.path().string() + "/ran; " + PluginDirectory::say("acme", "fail"));
  skip = {"acme-check"};
  EXPECT_TRUE(run().empty());
  EXPECT_FALSE(std::filesystem::exists(directory.path() / "ran"));
}

TEST_F(Plugins, RunAtTheSameTimeAndReportInOrder) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "one at a time there: runner/plugins/plugins.cpp";
#endif
  const auto count = std::min(4U, std::max(1U, std::thread::hardware_concurrency()));
  for (unsigned i = 0; i < count; ++i) {
    const auto name = "n" + std::to_string(i);
    directory.add_shell(name, "sleep 1." + std::to_string(count - i) + "; " + PluginDirectory::say(name, "pass"));
  }
  const auto plugins = load_plugins(options);
  const auto start = std::chrono::steady_clock::now();
  const auto findings = run_plugins(plugins, host, options, skip);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  if (count > 1) {
    EXPECT_LT(took.count(), 1.0 * count) << "they ran one after the other";
  }
  ASSERT_EQ(findings.size(), count);
  for (unsigned i = 0; i < count; ++i) EXPECT_EQ(findings[i].id, "n" + std::to_string(i) + "-check");
}

TEST_F(Plugins, FactsKeepTheirSchema) {
  const auto plugin_host =
      gather_host(testing::machine("group 1 type=DMA reserved=fee00000-feefffff:msi\n"
                                   "pci 0000:01:00.0 id=8086:24f3 class=028000 group=1\n"
                                   "unreadable /proc/cmdline denied\n"));
  nlohmann::json facts = nlohmann::json::object();
  for (const auto name : fact_group_names())
    facts[std::string(name)] = nlohmann::json::parse(fact_group_json(plugin_host, name));
  const nlohmann::json document = {{"schema", "vfio-doctor/facts/1"},
                                   {"protocol", 1},
                                   {"checks", {"a-check"}},
                                   {"privileged", false},
                                   {"facts", facts}};
  EXPECT_EQ(testing::schema_violations(document, FACTS_SCHEMA), "");
  EXPECT_TRUE(facts["kernel"]["arguments"].contains("unreadable"));
  EXPECT_TRUE(facts["pci"]["functions"][0]["driver"].is_null());
  auto wrong = document;
  wrong["facts"]["pci"]["functions"][0]["vendor_id"] = 7;
  EXPECT_NE(testing::schema_violations(wrong, FACTS_SCHEMA), "");
}

// ---- the program -----------------------------------------------------------------------------------------------------

struct PluginCommands : Plugins {
  ProcessResult program(std::vector<std::string> arguments) {
    ProcessRequest request;
    request.program = PROGRAM;
    request.arguments = std::move(arguments);
    request.arguments.insert(request.arguments.end(), {"--plugin-dir", directory.path(), "--sample", "hm170"});
    request.deadline = std::chrono::seconds(60);
    request.most_output = 16 << 20;
    return run_process(request);
  }
  void SetUp() override {
    Plugins::SetUp();
    directory.add_shell("acme", PluginDirectory::say("acme", "fail"));
  }
};

TEST_F(PluginCommands, FailOnTheHostMakesItNotReady) {
  const auto text = program({"check"});
  EXPECT_EQ(text.exit_code, 1);
  EXPECT_THAT(text.output, HasSubstr("acme speaks."));
  const auto report = nlohmann::json::parse(program({"--format", "json"}).output);
  EXPECT_EQ(report["verdict"], "not-ready");
  EXPECT_EQ(testing::schema_violations(report, "docs/schema/report-1.json"), "");
}

TEST_F(PluginCommands, OnlyAndSkipKnowTheirChecks) {
  const auto only = nlohmann::json::parse(program({"--only", "acme-check", "--format", "json"}).output);
  ASSERT_EQ(only["findings"].size(), 1u);
  EXPECT_EQ(only["findings"][0]["id"], "acme-check");
  EXPECT_EQ(program({"--skip", "acme-check"}).output.find("acme speaks"), std::string::npos);
  EXPECT_EQ(program({"--skip", "acme-chekc"}).exit_code, 2);
}

TEST_F(PluginCommands, ChecksShowsWhereEachComesFrom) {
  const auto list = nlohmann::json::parse(program({"checks", "--format", "json"}).output);
  EXPECT_EQ(list.front()["origin"], "built-in");
  EXPECT_EQ(list.back()["id"], "acme-check");
  EXPECT_EQ(list.back()["origin"], "plugin");
  EXPECT_EQ(list.back()["plugin"]["name"], "acme");
  EXPECT_THAT(program({"checks"}).output, HasSubstr("acme 1\n"));
}

TEST_F(PluginCommands, ExplainShowsThePageMadeHarmless) {
  EXPECT_THAT(program({"explain", "acme-check"}).output, HasSubstr("comes from the plugin acme 1"));
  directory.add(
      "acme",
      "#!/bin/sh\n[ $1 = describe ] && printf '%s' '" +
          std::string(
              R"({"protocol":1,"name":"acme","version":"1","checks":[{"id":"acme-check","title":"T","page":"# P\u001b[31m"}]})") +
          "'\n");
  EXPECT_THAT(program({"explain", "acme-check"}).output, HasSubstr("# P\\x1b[31m"));
  EXPECT_EQ(program({"explain", "plugin"}).exit_code, 0);
}

TEST_F(PluginCommands, PluginsListsAcceptedAndRefused) {
  directory.add("open", "#!/bin/sh\n", 0777);
  const auto list = nlohmann::json::parse(program({"plugins", "--format", "json"}).output);
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0]["state"], "accepted");
  EXPECT_EQ(list[1]["state"], "refused");
  EXPECT_THAT(list[1]["reason"].get<std::string>(), HasSubstr("can be written by anybody"));
  EXPECT_THAT(program({"plugins"}).output, HasSubstr("refused   "));
}

TEST_F(PluginCommands, StandardErrorGoesToTheLogMadeHarmless) {
  directory.add_shell("acme", "printf 'look \\033[31m here\\n' >&2");
  EXPECT_EQ(program({"check"}).errors.find("look"), std::string::npos);
  EXPECT_THAT(program({"check", "-v"}).errors, HasSubstr("plugin acme 1: look \\x1b[31m here"));
}

TEST_F(PluginCommands, MissingDirectoryIsWrongUsage) {
  const auto result = program({"--plugin-dir", "/no/such/directory"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("/no/such/directory"));
  EXPECT_EQ(result.output, "");
}

}  // namespace
}  // namespace vfio_doctor
