// SPDX-License-Identifier: GPL-2.0-or-later
//
// On a large host one finding matters. Wherever it stands among the others, and whatever they say, every renderer for people
// shows it, and stays short.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "base/printable.hpp"
#include "reports/all_formats.hpp"
#include "reports/bounds.hpp"
#include "reports/brief.hpp"

namespace vfio_doctor::testing {
namespace {

using ::testing::HasSubstr;

const std::string grave_sentence = "It holds the root file system of this host.";

/// What the many say beside the grave one.
enum class Crowd {
  alike,       ///< one sentence of one check, about every function
  different,   ///< one check, a sentence of its own for each
  many_checks  ///< a check of its own for each
};

/// How the grave one says it.
enum class Grave { fails, warns_of_a_needed_device, protects };

struct Case {
  unsigned functions;
  Crowd crowd;
  Grave grave;
};

void add_crowd(const Case& one, Report& report) {
  for (std::size_t i = 0; i < report.devices.size(); ++i) {
    const std::string address = report.devices[i].address.text();
    const std::string number = std::to_string(i);
    Finding mild = finding(one.crowd == Crowd::many_checks ? "check-" + number : "vfio-ids", Status::warn, address, "Ids",
                           one.crowd == Crowd::alike ? named(report.devices[i].address) + " has no method of reset."
                                                     : Sentence("Sentence " + number + " of many."));
    mild.evidence = {{"/sys/bus/pci/devices/" + address, "value " + number}};
    mild.remedy = {{"Do this about " + number + ".", {"command " + number}, {}, ""}};
    report.findings.push_back(mild);
  }
}

Report crowded(const Case& one, std::size_t position) {
  Report report = large_host(one.functions);
  report.findings = {passed_iommu()};
  add_crowd(one, report);
  DeviceReport& device = report.devices[position];
  Finding grave = finding(one.grave == Grave::fails ? "root-disk" : "vfio-ids", Status::warn, device.address.text(), "Disks",
                          grave_sentence);
  if (one.grave == Grave::fails) grave.status = Status::fail;
  if (one.grave == Grave::protects) grave.effect = Effect::protects;
  if (one.grave != Grave::fails) {
    device.verdict = DeviceVerdict::protected_by_host;
    device.reasons = {grave_sentence};
    device.is_bridge = false;
  }
  report.findings.insert(report.findings.begin() + static_cast<std::ptrdiff_t>(position + 1), grave);
  bound_report(report);
  return report;
}

std::size_t lines_of(const std::string& text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')); }

/// Without what markup and line breaks do to a sentence.
std::string words_of(const std::string& text) {
  std::string words;
  for (const char c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) words += c;
  return words;
}

std::vector<std::size_t> positions(const Case& one, std::size_t step) {
  std::vector<std::size_t> all;
  for (std::size_t at = 0; at < one.functions; at += step) all.push_back(at);
  all.push_back(one.functions - 1);
  return all;
}

class GraveFinding : public ::testing::TestWithParam<Case> {};

TEST_P(GraveFinding, IsInTheTextAtEveryPosition) {
  const Case& one = GetParam();
  for (const std::size_t at : positions(one, one.functions > 1000 ? 1365 : 5)) {
    const Report report = crowded(one, at);
    const std::string text = render_text(report, {}), brief = render_brief(report, {});
    ASSERT_THAT(words_of(text), HasSubstr(words_of(grave_sentence))) << at;
    ASSERT_LE(lines_of(text), one.functions > 1024 ? 120U : 70U) << at << "\n" << text;
    ASSERT_LE(lines_of(brief), 24U) << at << "\n" << brief;
    if (one.grave == Grave::protects)
      ASSERT_THAT(brief, HasSubstr(report.devices[at].address.text() + "  protected")) << brief;
    else
      ASSERT_THAT(words_of(brief), HasSubstr(words_of(grave_sentence))) << at << "\n" << brief;
  }
}

TEST_P(GraveFinding, IsInEveryFormatAtSomePositions) {
  const Case& one = GetParam();
  for (const std::size_t at : positions(one, one.functions > 1000 ? one.functions : one.functions / 5)) {
    const Report report = crowded(one, at);
    for (const Format& format : all_formats()) {
      if (format.name.starts_with("groups")) continue;  // a listing of groups says no findings
      const std::string text = format.render(report);
      if (format.name == "nfd") continue;  // labels of a node say nothing of single findings
      if (format.name == "prometheus") {   // a metric names the check or the verdict; the sentence is the host's own to tell
        const auto address = report.devices[at].address.text();
        const std::string check = one.grave == Grave::fails ? "root-disk" : "vfio-ids";
        ASSERT_THAT(text, one.grave == Grave::protects
                              ? ::testing::ContainsRegex("address=\"" + address + "\",[^\n]*verdict=\"protected\"")
                              : ::testing::ContainsRegex("check=\"" + check + "\",subject=\"" + address + "\""))
            << at;
        continue;
      }
      // The JSON inside a page is no part of what a person reads.
      ASSERT_THAT(words_of(text.substr(0, text.find("id=\"report-json\""))), HasSubstr(words_of(grave_sentence)))
          << format.name << " " << at;
    }
  }
}

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const unsigned functions : {226U, 4096U})
    for (const Crowd crowd : {Crowd::alike, Crowd::different, Crowd::many_checks})
      for (const Grave grave : {Grave::fails, Grave::warns_of_a_needed_device, Grave::protects})
        all.push_back({functions, crowd, grave});
  return all;
}

std::string name_of(const ::testing::TestParamInfo<Case>& test) {
  static const std::vector<std::string> crowds{"alike", "different", "many_checks"}, graves{"fails", "needed", "protects"};
  return std::to_string(test.param.functions) + "_" + crowds[static_cast<std::size_t>(test.param.crowd)] + "_" +
         graves[static_cast<std::size_t>(test.param.grave)];
}

INSTANTIATE_TEST_SUITE_P(Hosts, GraveFinding, ::testing::ValuesIn(cases()), name_of);

/// Every check fails or does not know, about every kind of device, with long sentences and many notes: the longest there is.
TEST(Text, StaysShortOnTheWorstHost) {
  for (const unsigned functions : {226U, 4096U})
    for (const Status status : {Status::fail, Status::unknown, Status::warn}) {
      Report report = large_host(functions);
      report.findings.clear();
      report.notes.assign(20, std::string(900, 'n'));
      for (std::size_t i = 0; i < report.devices.size(); ++i) {
        DeviceReport& device = report.devices[i];
        device.is_bridge = false;
        device.verdict = DeviceVerdict::protected_by_host;
        device.reasons.assign(3, "Reason " + std::to_string(i) + " " + std::string(900, 'r'));
        Finding each = finding("check-" + std::to_string(i % 40), status, device.address.text(), "Title",
                               std::to_string(i) + std::string(900, 's'));
        each.remedy = {{std::string(200, 't'), {}, {}, std::string(200, 'r')}};
        report.findings.push_back(each);
      }
      bound_report(report);
      const std::string text = render_text(report, {});
      EXPECT_LE(lines_of(text), functions > 1024 ? 120U : 70U) << text;
    }
}

TEST(Brief, IsOneScreenWhateverTheReportHolds) {
  for (const NamedReport& each : golden_reports()) {
    const std::string text = render_brief(each.report, {});
    EXPECT_LE(lines_of(text), 24U) << each.name << "\n" << text;
  }
}

}  // namespace
}  // namespace vfio_doctor::testing
