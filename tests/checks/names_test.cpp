// SPDX-License-Identifier: GPL-2.0-or-later
// A summary knows what it names (Finding::names): renderers never look for names in words. Here, and only here, they are looked
// for, in what every check says of its examples and of the recorded hosts.
#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

#include "checks/check.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> spellings_of(const std::string& subject) {
  if (subject == host_subject) return {};
  if (subject.starts_with("group:")) return {subject, "group " + subject.substr(6), "Group " + subject.substr(6)};
  return {subject};
}

void expect_marked(const Finding& finding) {
  const auto sentence = finding.sentence();
  for (const auto& name : sentence.names) {
    ASSERT_LE(name.at + name.length, sentence.text.size()) << finding.id << ": " << finding.summary;
    const auto words = sentence.text.substr(name.at, name.length);
    const bool is_slot = name.subject.starts_with(words + ".");
    bool is_it = is_slot;
    for (const auto& spelling : spellings_of(name.subject)) is_it = is_it || spelling == words;
    EXPECT_TRUE(is_it) << finding.id << " calls '" << words << "' " << name.subject << ": " << finding.summary;
  }
  for (const auto& spelling : spellings_of(finding.subject)) {
    const auto at = finding.summary.find(spelling);
    const auto end = at == std::string::npos ? at : at + spelling.size();
    const bool is_whole = at != std::string::npos && (end == finding.summary.size() || !std::isdigit(finding.summary[end]));
    EXPECT_TRUE(!is_whole || sentence.does_name(finding.subject)) << finding.id << " names its subject: " << finding.summary;
  }
}

/// A remedy whose commands name the subject has a form, so that the same one for others is told once.
void expect_form(const Finding& finding) {
  for (const auto& remedy : finding.remedy)
    for (const auto& command : remedy.commands)
      EXPECT_TRUE(finding.subject == host_subject || command.find(finding.subject) == std::string::npos ||
                  (remedy.device == finding.subject && !remedy.form.empty()))
          << finding.id << ": " << command;
}

void expect_all_marked(const Check& check, const Host& host) {
  for (const auto& finding : run_check(check, host)) {
    expect_marked(finding);
    expect_form(finding);
  }
}

std::vector<fs::path> machines_in(const fs::path& directory) {
  std::vector<fs::path> found;
  if (fs::exists(directory))
    for (const auto& entry : fs::directory_iterator(directory))
      if (entry.path().extension() == ".machine") found.push_back(entry.path());
  return found;
}

TEST(Names, ASummaryKnowsWhereItNamesItsSubject) {
  const fs::path tests = TESTS_DIR;
  for (const auto& check : all_checks())
    for (const auto& path : machines_in(tests / "checks/examples" / check.id)) {
      SCOPED_TRACE(path.string());
      expect_all_marked(check, gather_host(testing::machine_file(path.string())));
    }
  for (const auto& path : machines_in(tests / "hosts")) {
    SCOPED_TRACE(path.string());
    const auto host = gather_host(testing::machine_file(path.string()));
    for (const auto& check : all_checks()) expect_all_marked(check, host);
  }
}

TEST(Names, ARemedyForADeviceIsFilledInAndKeepsItsForm) {
  const auto one = *PciAddress::parse("0000:01:00.0"), other = *PciAddress::parse("0001:02:00.1");
  const Remedy words{"Do it.", {"echo {device} > {device}/a"}, {"echo {device}"}, {}};
  const auto first = remedy_for(one, words), second = remedy_for(other, words);
  EXPECT_EQ(first.commands.front(), "echo 0000:01:00.0 > 0000:01:00.0/a");
  EXPECT_EQ(second.undo.front(), "echo 0001:02:00.1");
  EXPECT_EQ(first.form, second.form);
  EXPECT_NE(first.device, second.device);
  const Remedy other_way{"Do it.", {"echo {device} > {device}/a", "echo {device}"}, {}, {}};
  EXPECT_NE(remedy_for(one, other_way).form, first.form) << "the way back is no part of what is done";
}

TEST(Names, ASentencePutTogetherKnowsItsNames) {
  const auto address = *PciAddress::parse("0000:01:00.0");
  const auto sentence =
      "Its companion " + named(address) + ": " + (named("group:4", "Group 4") + " is \xc3\xb6" + named(address) + ".");
  EXPECT_EQ(sentence.text,
            "Its companion 0000:01:00.0: Group 4 is \xc3\xb6"
            "0000:01:00.0.");
  const auto all = [](const std::string&) { return true; };
  const auto group = [](const std::string& name) { return name == "group:4"; };
  EXPECT_EQ(sentence.without_names(all), "Its companion \x01: \x01 is \xc3\xb6\x01.");
  EXPECT_EQ(sentence.without_names(group),
            "Its companion 0000:01:00.0: \x01 is \xc3\xb6"
            "0000:01:00.0.");
  EXPECT_TRUE(sentence.does_name("group:4"));
  EXPECT_FALSE(sentence.does_name("group:40"));
}

TEST(Names, OtherWordsKeepOnlyTheNamesBeforeTheChange) {
  auto sentence = named("group:4", "Group 4") + " holds " + named(*PciAddress::parse("0000:01:00.0"));
  sentence.reword("Group 4 holds 0000:...");
  EXPECT_TRUE(sentence.does_name("group:4"));
  EXPECT_FALSE(sentence.does_name("0000:01:00.0"));
  EXPECT_EQ(sentence.text, "Group 4 holds 0000:...");
}

}  // namespace
}  // namespace vfio_doctor
