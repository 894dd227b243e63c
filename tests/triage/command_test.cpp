// SPDX-License-Identifier: GPL-2.0-or-later
//
// `vfio-doctor triage` as a program: exit codes, formats, standard input, hostile pastes.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checks/signatures/triage.hpp"
#include "reports/triage/triage_report.hpp"
#include "reports/valid_json.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view paste = "hello <b onload=x>\nvfio 0000:65:00.0: group 12 is not viable <script>alert(1)</script>\n";

TEST(TriageReports, json_has_the_members_of_the_contract) {
  const auto json = nlohmann::json::parse(render_triage_json(triage_text(paste, "p.txt")));
  EXPECT_EQ(json.at("schema"), "vfio-doctor/triage/1");
  EXPECT_EQ(testing::schema_violations(json, "docs/schema/triage-1.json"), "");
  const auto& cause = json.at("causes").at(0);
  EXPECT_EQ(cause.at("id"), "group-member-held");
  EXPECT_EQ(cause.at("confidence"), "likely");
  EXPECT_EQ(cause.at("subject"), "0000:65:00.0");
  EXPECT_EQ(cause.at("evidence").at(0).at("file"), "p.txt");
  EXPECT_EQ(cause.at("evidence").at(0).at("line"), 2);
  EXPECT_FALSE(cause.at("remedy").at(0).at("risk").empty());
  EXPECT_FALSE(cause.at("ask").empty());
  EXPECT_FALSE(json.at("ask").empty());
  for (const auto* member : {"file", "from", "to", "kind", "machine", "why"})
    EXPECT_TRUE(json.at("documents").at(0).contains(member)) << member;
}

TEST(TriageReports, html_marks_the_line_and_escapes_what_was_pasted) {
  const auto html = render_triage_html(triage_text(paste, "p.txt"));
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("<b onload"), std::string::npos);
  EXPECT_NE(html.find("<mark id=\"l0-2\">vfio 0000:65:00.0: group 12 is not viable"), std::string::npos);
}

TEST(TriageReports, markdown_mentions_nobody_and_quotes_the_line) {
  const auto text = render_triage_markdown(triage_text("@somebody vfio 0000:65:00.0: group 12 is not viable #1\n", "p.txt"));
  EXPECT_NE(text.find("p.txt:1: @somebody vfio 0000:65:00.0: group 12 is not viable #1"), std::string::npos);
  EXPECT_NE(text.find("lspci -nnk"), std::string::npos);
}

TEST(TriageReports, text_names_place_remedy_and_what_would_decide) {
  const auto text = render_triage_text(triage_text(paste, "p.txt"), {});
  EXPECT_NE(text.find("p.txt:2: vfio 0000:65:00.0: group 12 is not viable"), std::string::npos);
  EXPECT_NE(text.find("To do:"), std::string::npos);
  EXPECT_NE(text.find("Paste next the output of:\n  lspci -nnk"), std::string::npos);
  EXPECT_NE(text.find("vfio-doctor explain group-member-held"), std::string::npos);
}

TEST(TriageReports, control_characters_do_not_reach_a_terminal) {
  const auto text =
      render_triage_text(triage_text("\x1b]0;x\x07vfio 0000:65:00.0: group 12 is not viable\x1b[2J\n", "p\x1b[31m.txt"), {});
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(TriageReader, memory_does_not_grow_with_the_paste) {
  TriageReader reader;
  reader.begin_file("long");
  const std::string line = "[  412.118421] vfio-pci 0000:5e:00.1: not ready 65535ms after FLR; giving up\n";
  for (int i = 0; i < 20000; ++i) reader.feed(line);
  reader.end_file();
  const auto triage = reader.judge();
  ASSERT_EQ(triage.causes.front().id, "flr-hang");
  EXPECT_EQ(triage.causes.front().evidence.back().line, 1u);
  EXPECT_EQ(triage.causes.front().evidence.front().line, 20000u);
  std::size_t kept = 0;
  for (const auto& one : triage.text) kept += one.text.size();
  EXPECT_LE(kept, TriageReader::kept_bytes);
}

TEST(TriageReader, a_line_without_end_is_cut) {
  TriageReader reader;
  reader.begin_file("long");
  for (int i = 0; i < 100; ++i) reader.feed(std::string(10000, 'x'));
  reader.feed(" vfio 0000:65:00.0: group 12 is not viable");
  reader.end_file();
  const auto triage = reader.judge();
  ASSERT_FALSE(triage.causes.empty());
  EXPECT_EQ(triage.causes.front().evidence.front().line, 1u);
}

}  // namespace
}  // namespace vfio_doctor
