// SPDX-License-Identifier: GPL-2.0-or-later
//
// The tables that triage knows by: their form, that every name in them means something, and one line for each row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "checks/signatures/known_versions.hpp"
#include "checks/signatures/occurrence.hpp"
#include "checks/signatures/telling_words.hpp"
#include "checks/signatures/triage.hpp"
#include "facts/paste/unwrap.hpp"

namespace vfio_doctor {
namespace {

struct ExampleLine {
  std::string id, line, look_alike;
};

std::vector<ExampleLine> example_lines() {
  std::ifstream file(std::string(TESTS_DIR) + "/triage/lines.tsv");
  std::vector<ExampleLine> lines;
  for (std::string text; std::getline(file, text);) {
    if (text.starts_with('#')) continue;
    const auto fields = split(text, '\t');
    EXPECT_EQ(fields.size(), 3u) << text;
    if (fields.size() == 3) lines.push_back({std::string(fields[0]), std::string(fields[1]), std::string(fields[2])});
  }
  return lines;
}

std::string folded(const std::string& text) {
  std::string result;
  fold_text(text, result);
  return result;
}

bool says(const std::string& id, const std::string& line) {
  const auto& table = SignatureTable::built_in();
  const auto matches = SignatureScanner::built_in().scan(folded(line));
  return std::ranges::any_of(matches, [&](const auto& match) { return table.signatures[match.signature].id == id; });
}

bool row_matches(const Signature& signature, const std::string& line) {
  const auto text = folded(line);
  const auto& anchor = signature.pattern.anchor();
  for (auto at = text.find(anchor); at != std::string::npos; at = text.find(anchor, at + 1))
    if (signature.pattern.match(text, at)) return true;
  return false;
}

TEST(SignatureTable, each_row_has_a_line_that_it_matches) {
  const auto lines = example_lines();
  for (const auto& signature : SignatureTable::built_in().signatures)
    EXPECT_TRUE(
        std::ranges::any_of(lines, [&](const auto& one) { return one.id == signature.id && row_matches(signature, one.line); }))
        << signature.id << ": " << signature.text;
}

TEST(SignatureTable, lines_are_recognised_and_look_alikes_are_not) {
  for (const auto& one : example_lines()) {
    EXPECT_TRUE(says(one.id, one.line)) << one.id << ": " << one.line;
    EXPECT_FALSE(says(one.id, one.look_alike)) << one.id << ": " << one.look_alike;
  }
}

TEST(SignatureTable, lines_stand_for_known_signatures_only) {
  std::set<std::string> ids;
  for (const auto& signature : SignatureTable::built_in().signatures) ids.insert(signature.id);
  for (const auto& one : example_lines()) EXPECT_TRUE(ids.contains(one.id)) << one.id;
}

TEST(SignatureTable, rules_name_known_signatures_and_causes_only) {
  const auto& table = SignatureTable::built_in();
  std::set<std::string, std::less<>> signatures, causes;
  for (const auto& signature : table.signatures) signatures.insert(signature.id);
  for (const auto& cause : CauseTable::built_in().causes) causes.insert(cause.id);
  for (const auto& cause : CauseTable::built_in().causes) {
    EXPECT_FALSE(cause.rules.empty()) << cause.id;
    for (const auto& rule : cause.rules)
      for (const auto& term : rule.terms)
        for (const auto& id : term.ids)
          EXPECT_TRUE(signatures.contains(id) || is_computed_fact(id)) << cause.id << " names " << id;
    for (const auto& id : cause.over) EXPECT_TRUE(causes.contains(id)) << cause.id << " is over " << id;
    for (const auto& id : cause.undone_by) EXPECT_TRUE(signatures.contains(id)) << cause.id << " is undone by " << id;
  }
}

TEST(SignatureTable, each_cause_has_a_page_a_title_a_summary_a_place_and_a_remedy) {
  const auto& table = CauseTable::built_in();
  const std::set<std::string> places = {"host", "firmware", "hardware", "domain", "manager", "container", "libvirt", "guest"};
  for (const auto& cause : table.causes) {
    EXPECT_TRUE(table.pages.contains(cause.page)) << cause.id << ": " << cause.page;
    EXPECT_FALSE(cause.title.empty() || cause.summary.empty() || cause.remedies.empty()) << cause.id;
    EXPECT_TRUE(places.contains(cause.place)) << cause.id << ": " << cause.place;
    for (const auto& remedy : cause.remedies) EXPECT_FALSE(remedy.risk.empty()) << cause.id;
    const auto only_certain =
        std::ranges::all_of(cause.rules, [](const auto& rule) { return rule.confidence == Confidence::certain; });
    EXPECT_TRUE(only_certain || !cause.ask.empty()) << cause.id << " may be in doubt and asks nothing";
  }
}

TEST(SignatureTable, each_error_leads_to_a_cause) {
  const auto& table = SignatureTable::built_in();
  std::set<std::string> named;
  for (const auto& cause : CauseTable::built_in().causes)
    for (const auto& rule : cause.rules)
      for (const auto& term : rule.terms) named.insert(term.ids.begin(), term.ids.end());
  for (const auto& signature : table.signatures)
    if (signature.kind == Signature::Kind::error) {
      EXPECT_TRUE(named.contains(signature.id)) << signature.id;
    }
}

TEST(SignatureTable, wordings_of_one_message_are_of_one_kind) {
  std::map<std::string, Signature::Kind> kinds;
  for (const auto& signature : SignatureTable::built_in().signatures) {
    const auto [place, is_new] = kinds.try_emplace(signature.id, signature.kind);
    EXPECT_EQ(place->second, signature.kind) << signature.id;
  }
}

std::string refusal(void (*parse)(const std::string&), const std::string& text) {
  try {
    parse(text);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(SignatureTable, broken_rows_are_refused_with_their_line) {
  const auto parse = [](const std::string& text) { parse_signatures(text, "t"); };
  const auto row = [](const std::string& id, const std::string& text) {
    return id + "\terror\thost\t" + text + "\tqemu\tfile\t1..\tmeaning\n";
  };
  EXPECT_EQ(refusal(parse, row("a", "some text")), "accepted");
  EXPECT_EQ(refusal(parse, "# x\nfield\n"), "t:2: expected 8 fields between tabs, found 1");
  EXPECT_EQ(refusal(parse, row("A b", "some text")), "t:1: 'A b' is no id");
  EXPECT_EQ(refusal(parse, row("a", "some text") + row("b", "some text")), "t:2: the same text stands in another row");
  EXPECT_EQ(refusal(parse, row("a", "{nonsense} some text")), "t:1: unknown hole {nonsense}");
  EXPECT_EQ(refusal(parse, row("a", "some {n text")), "t:1: a hole without its end");
  EXPECT_EQ(refusal(parse, row("a", "{n} x {n}")), "t:1: no literal piece of 5 characters");
  EXPECT_EQ(refusal(parse, row("a", "something {*}")), "t:1: {*} at the start or end means nothing");
  EXPECT_EQ(refusal(parse, row("a", "something {n}{n} else")), "t:1: two holes without text between them");
  EXPECT_EQ(refusal(parse, row("a", "something 0x{hex}")), "t:1: {hex} takes the 0x with it");
  EXPECT_EQ(refusal(parse, "a\toops\thost\tsome text\tq\tf\tv\tm\n"), "t:1: 'oops' is no word that may stand here");
}

TEST(SignatureTable, broken_causes_are_refused_with_their_line) {
  const auto parse = [](const std::string& text) { parse_causes(text, "t"); };
  EXPECT_EQ(refusal(parse, "cause a\nlikely x y|z !w n[m>=3]\n"), "accepted");
  EXPECT_EQ(refusal(parse, "title x\n"), "t:1: expected 'cause ID' first");
  EXPECT_EQ(refusal(parse, "cause a\ncause a\n"), "t:2: a cause needs an id of its own");
  EXPECT_EQ(refusal(parse, "cause a\ntitle x\ntitle y\n"), "t:3: a second 'title'");
  EXPECT_EQ(refusal(parse, "cause a\nlikely !x\n"), "t:2: a rule begins with what must be seen");
  EXPECT_EQ(refusal(parse, "cause a\nlikely x[y]\n"), "t:2: expected id[capture>=NUMBER]");
  EXPECT_EQ(refusal(parse, "cause a\nrun x\n"), "t:2: 'run' without a remedy before it");
  EXPECT_EQ(refusal(parse, "cause a\nsurely x\n"), "t:2: 'surely' is no word that may stand here");
}

TEST(KnownVersions, ranges_are_compared_number_by_number) {
  const auto ranges = parse_kernel_ranges("f\t-pve\t6.8.12.12\t6.8.12.999\ts\n", "t");
  EXPECT_TRUE(is_in_range("6.8.12-12-pve", ranges[0]));
  EXPECT_TRUE(is_in_range("6.8.12-20-pve", ranges[0]));
  EXPECT_FALSE(is_in_range("6.8.12-11-pve", ranges[0]));
  EXPECT_FALSE(is_in_range("6.8.12-12-generic", ranges[0]));
  EXPECT_FALSE(is_in_range("6.11.0-1-pve", ranges[0]));
}

TEST(KnownVersions, broken_rows_are_refused_with_their_line) {
  EXPECT_EQ(refusal([](const std::string& text) { parse_kernel_ranges(text, "t"); }, "f\t*\t6.2\t6.1\ts\n"),
            "t:1: the range is not from..to");
  EXPECT_EQ(refusal([](const std::string& text) { parse_device_quirks(text, "t"); }, "f\t8086\tw\ts\n"),
            "t:1: expected vendor:device");
}

TEST(Pattern, holes_take_what_their_type_allows) {
  const Pattern pattern("vfio {bdf}: group {n:group} is not viable");
  const auto match = [&](const std::string& text) {
    const auto line = folded(text);
    const auto at = line.find(pattern.anchor());
    return at == std::string::npos ? std::nullopt : pattern.match(line, at);
  };
  EXPECT_EQ(match("vfio 0000:5E:00.0: group 7 is not viable"), (Captures{{"group", "7"}, {"bdf", "0000:5e:00.0"}}));
  EXPECT_TRUE(match("vfio 5e:00.0: group 7 is  not viable"));
  EXPECT_TRUE(match("vfio 0000:XX:00.Y: group N is not viable"));
  EXPECT_FALSE(match("vfio card: group 7 is not viable"));
  EXPECT_FALSE(match("vfio 0000:5e:00.0: group seven is not viable"));
  EXPECT_FALSE(match("vfio 0000:5e:00.0: group 7 is not viablex"));
  EXPECT_FALSE(captured_address("0000:xx:00.y"));
}

TEST(Pattern, a_mediated_device_is_no_address) {
  const Pattern pattern("vfio {uuid:device}: error getting device");
  const auto matches = [&](const std::string& text) {
    const auto line = folded(text);
    const auto at = line.find(pattern.anchor());
    return at != std::string::npos && pattern.match(line, at).has_value();
  };
  EXPECT_TRUE(matches("vfio 0D0A1B2C-0000-4000-8000-00000000ABCD: error getting device"));
  EXPECT_FALSE(matches("vfio 0000:5e:00.0: error getting device"));
  EXPECT_FALSE(matches("vfio 0d0a1b2c-0000-4000-8000-00000000abc: error getting device"));
  EXPECT_FALSE(matches("vfio 0d0a1b2c00000-4000-8000-00000000abcd: error getting device"));
}

TEST(TellingWords, are_found_in_one_pass_and_stand_alone_where_they_must) {
  const auto tells = [](const std::string& text, Tells what) { return TellingWords::built_in().in(folded(text)).has(what); };
  EXPECT_TRUE(tells("Can't reserve", Tells::failure));
  EXPECT_FALSE(tells("nvme_core.io_timeout=5 dump_invalid_vmcb", Tells::failure));
  EXPECT_FALSE(tells("the cantata", Tells::failure));
  EXPECT_TRUE(tells("severity=Correctable", Tells::harmless));
  EXPECT_FALSE(tells("severity=Uncorrectable (Non-Fatal)", Tells::harmless));
  EXPECT_TRUE(tells("AMD-Vi: lazy mode", Tells::passthrough));
  EXPECT_TRUE(tells("my Guest is slow", Tells::guest));
  EXPECT_TRUE(tells("I fixed the error", Tells::past));
  EXPECT_FALSE(tells("xi", Tells::failure));
}

TEST(TellingWords, broken_rows_are_refused_with_their_line) {
  const auto parse = [](const std::string& text) { TellingWords(text, "t"); };
  EXPECT_EQ(refusal(parse, "failure\tword\tfailed\twhere\n"), "accepted");
  for (const auto* row : {"failure\tword\tfailed\n", "doom\tword\tfailed\twhere\n", "failure\tsome\tfailed\twhere\n",
                          "failure\tword\tno\twhere\n", "failure\tword\tfailed\t \n"})
    EXPECT_EQ(refusal(parse, std::string("# x\n") + row),
              "t:2: expected a meaning, word or part, a text of 3 bytes at least and a source, between tabs");
}

}  // namespace
}  // namespace vfio_doctor
