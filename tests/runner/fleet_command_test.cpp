// SPDX-License-Identifier: GPL-2.0-or-later
// `vfio-doctor fleet` as it is run: what it reads, what it skips, its exit codes.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/process/subprocess.hpp"
#include "reports/json.hpp"
#include "reports/sample_reports.hpp"
#include "temporary_directory.hpp"

namespace vfio_doctor::testing {
namespace {

using Json = nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

class FleetCommand : public ::testing::Test {
 protected:
  std::string file(const std::string& name) const { return (directory_.path() / name).string(); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(file(name)).parent_path());
    std::ofstream(file(name), std::ios::binary) << text;
  }

  static std::string report(Report report, const std::string& name) {
    report.host.machine.host.name = name;
    return render_json(report);
  }

  ProcessResult run(Words arguments, const std::string& input = "") const {
    ProcessRequest request;
    request.program = PROGRAM;
    arguments.insert(arguments.begin(), "fleet");
    request.arguments = std::move(arguments);
    request.input = input;
    request.most_output = 8 << 20;
    return run_process(request);
  }

  Json fleet(const Words& arguments, const std::string& input = "") const {
    auto words = arguments;
    words.insert(words.end(), {"--format", "json"});
    const auto result = run(words, input);
    EXPECT_EQ(result.errors, "");
    return Json::parse(result.output);
  }

  TemporaryDirectory directory_;
};

TEST_F(FleetCommand, ReadsADirectoryWithAllBelowIt) {
  write("reports/a.json", report(ready_laptop(), "a"));
  write("reports/rack 2/b.json", report(ready_laptop(), "b"));
  write("reports/c.txt", "no report");
  write("reports/more.ndjson",
        Json::parse(report(ready_laptop(), "c")).dump() + "\n" + Json::parse(report(ready_laptop(), "d")).dump() + "\n");
  const auto result = run({file("reports")});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("4 hosts: 4 ready, 0 not ready, 0 undetermined."));
}

TEST_F(FleetCommand, ReadsOneReportManyAndStandardInput) {
  const auto both = report(ready_laptop(), "a") + report(iommu_off(), "b");
  write("one.json", report(ready_laptop(), "a"));
  write("two.json", both);
  EXPECT_EQ(fleet({file("one.json")})["hosts"], 1);
  EXPECT_EQ(fleet({file("two.json")})["hosts"], 2);
  EXPECT_EQ(fleet({"-"}, both)["causes"][0]["examples"], Json::array({"b"}));
}

TEST_F(FleetCommand, OneBrokenFileIsSkippedCountedAndNamed) {
  for (int i = 0; i < 30; ++i) write("reports/" + std::to_string(i) + ".json", report(ready_laptop(), "n" + std::to_string(i)));
  write("reports/broken.json", report(ready_laptop(), "broken").substr(0, 4000));
  write("reports/empty.json", "");
  write("reports/guest.ndjson", "{\"schema\": \"vfio-doctor/report/1\", \"source\": {\"kind\": \"guest\"}}\nrubbish\n");
  std::filesystem::create_symlink("/nowhere", file("reports/dangling.json"));
  const auto summary = fleet({file("reports")});
  EXPECT_EQ(summary["hosts"], 30);
  EXPECT_EQ(summary["skipped_total"], 4) << summary["skipped"];
  EXPECT_EQ(summary["skipped"][0]["place"], file("reports/broken.json"));
  EXPECT_EQ(summary["skipped"][1]["why"], "empty");
  EXPECT_EQ(summary["skipped"][3]["place"], file("reports/guest.ndjson") + ":2");
  EXPECT_EQ(run({file("reports")}).exit_code, 3) << "not everything was seen";
  EXPECT_EQ(run({file("reports"), "--fail-on", "never"}).exit_code, 0);
}

TEST_F(FleetCommand, ExitCodesFollowTheWorst) {
  auto breaks = ready_laptop();
  breaks.next_boot = NextBoot{Verdict::not_ready, ArgumentsNext::lost, {}, false, {"intel_iommu=on"}, {}, "Lost."};
  write("good.json", report(ready_laptop(), "a"));
  write("open.json", report(undetermined(), "a"));
  write("bad.json", report(undetermined(), "a") + report(iommu_off(), "b"));
  write("breaks.json", report(breaks, "a"));
  EXPECT_EQ(run({file("good.json")}).exit_code, 0);
  EXPECT_EQ(run({file("open.json")}).exit_code, 3);
  EXPECT_EQ(run({file("bad.json")}).exit_code, 1);
  EXPECT_EQ(run({file("breaks.json")}).exit_code, 0);
  EXPECT_EQ(run({file("breaks.json"), "--fail-on", "warn"}).exit_code, 1);
  EXPECT_EQ(run({"--fail-on", "warn", file("good.json")}).exit_code, 0);
}

TEST_F(FleetCommand, WithoutASingleReportItSaysWhy) {
  write("none/readme.txt", "x");
  write("rubbish.json", "rubbish");
  for (const Words& words : {Words{file("none")}, Words{file("rubbish.json")}, Words{file("nowhere")}, Words{"-"}, Words{}}) {
    const auto result = run(words);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  }
  EXPECT_THAT(run({file("rubbish.json")}).errors, HasSubstr("not valid JSON"));
  EXPECT_EQ(run({file("none"), "--device", "x"}).exit_code, 2);
}

TEST_F(FleetCommand, SaysWhatChangedAndWritesEveryFormat) {
  write("before.json", report(ready_laptop(), "a"));
  write("after.json", report(iommu_off(), "a"));
  EXPECT_EQ(run({file("before.json"), "-o", file("fleet.json")}).exit_code, 0);
  const auto summary = fleet({file("after.json"), "--since", file("fleet.json")});
  EXPECT_EQ(summary["changes"]["worse"][0]["host"], "a");
  EXPECT_EQ(run({file("after.json"), "-o", file("f.html"), "-o", file("f.md")}).exit_code, 1);
  for (const auto* name : {"f.html", "f.md"}) EXPECT_GT(std::filesystem::file_size(file(name)), 100u) << name;
  EXPECT_EQ(run({file("after.json"), "--since", file("before.json")}).exit_code, 2) << "a report is no earlier fleet";
  EXPECT_THAT(run({file("after.json"), "--format", "sarif"}).errors, HasSubstr("none of text, json, html, markdown"));
}

}  // namespace
}  // namespace vfio_doctor::testing
