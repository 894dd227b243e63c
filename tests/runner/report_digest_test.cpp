// SPDX-License-Identifier: GPL-2.0-or-later
#include "runner/commands/report_digest.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "base/input_error.hpp"
#include "machines.hpp"
#include "reports/json.hpp"
#include "runner/commands/examine.hpp"

namespace vfio_doctor {
namespace {

std::string report_text() {
  auto report = examine_plainly({"snapshot", "K\xc3\xa4se \xf0\x9f\xa7\x80 \"x\"\n\xff",
                                 std::make_unique<MemoryRoot>(testing::machine_file("../machine/samples/hm170.machine"))},
                                Wake::no);
  return render_json_with_digest(report);
}

TEST(ReportDigest, HoldsHoweverTheReportIsWritten) {
  const auto text = report_text();
  EXPECT_EQ(digest_state(text), DigestState::right);
  const auto document = nlohmann::ordered_json::parse(text);
  EXPECT_EQ(document.at("digest").get<std::string>().size(), 64u);
  EXPECT_EQ(digest_state(document.dump()), DigestState::right) << "without blanks, UTF-8 as it is";
  EXPECT_EQ(digest_state(document.dump(4, ' ', true)), DigestState::right) << "other blanks, escapes";
  EXPECT_EQ(parse_report_json(text, "r.json").devices.size(), document.at("devices").size());
}

TEST(ReportDigest, IsMissingWhereThereIsNone) {
  auto document = nlohmann::ordered_json::parse(report_text());
  document.erase("digest");
  document["host"]["digest"] = "of something else";
  EXPECT_EQ(digest_state(document.dump()), DigestState::missing);
  EXPECT_EQ(digest_state(""), DigestState::missing);
  EXPECT_EQ(digest_state(R"({"digest)"), DigestState::missing);
  EXPECT_EQ(digest_state(R"({"digest": "\u12)"), DigestState::wrong);
}

TEST(ReportDigest, EveryOtherValueIsAnotherReport) {
  auto document = nlohmann::ordered_json::parse(report_text());
  document["verdict"] = document["verdict"] == "ready" ? "not-ready" : "ready";
  EXPECT_EQ(digest_state(document.dump()), DigestState::wrong);
}

/// A thousand single bits: each is refused, found by the digest, or changes nothing that the report says.
TEST(ReportDigest, NoFlippedBitIsReadAsIfNothingWere) {
  const auto text = report_text();
  const auto original = nlohmann::ordered_json::parse(text);
  std::mt19937 random(7);
  int found = 0;
  for (int run = 0; run < 1000; ++run) {
    auto damaged = text;
    const auto at = random() % text.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random() % 8));
    const auto document = nlohmann::ordered_json::parse(damaged, nullptr, false);
    if (document.is_discarded() || document == original) continue;
    if (digest_state(damaged) == DigestState::wrong)
      ++found;
    else
      EXPECT_EQ(digest_state(damaged), DigestState::missing) << damaged.substr(at < 40 ? 0 : at - 40, 80);
  }
  EXPECT_GT(found, 300);
}

}  // namespace
}  // namespace vfio_doctor
