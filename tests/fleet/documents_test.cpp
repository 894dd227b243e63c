// SPDX-License-Identifier: GPL-2.0-or-later
// A stream of reports, however it is cut into pieces and whatever is broken in it.
#include "fleet/documents.hpp"

#include <gmock/gmock.h>

namespace vfio_doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// "LINE: TEXT", line ends left out; "LINE! WHY" for what is refused.
std::vector<std::string> taken(const std::string& stream, std::size_t piece = 1000, std::size_t longest = 1000) {
  std::vector<std::string> all;
  Documents documents(longest, [&](std::string_view text, std::size_t line, const std::string& why) {
    std::string shown = std::to_string(line) + (why.empty() ? ": " : "! " + why);
    if (why.empty())
      for (const char c : text)
        if (c != '\n') shown += c;
    all.push_back(shown);
  });
  for (std::size_t at = 0; at < stream.size(); at += piece) documents.feed(std::string_view(stream).substr(at, piece));
  documents.finish();
  return all;
}

TEST(Documents, OneALineOrLaidOutOverManyOrBoth) {
  const std::string stream = "{\"a\": 1}\n\n{\n  \"b\": {\n    \"c\": 2\n  }\n}\n{\"d\": 3} \r\n{\n  \"e\": []\n}";
  for (std::size_t piece = 1; piece < 12; ++piece)
    EXPECT_THAT(taken(stream, piece),
                ElementsAre("1: {\"a\": 1}", "3: {  \"b\": {    \"c\": 2  }}", "8: {\"d\": 3} \r", "9: {  \"e\": []}"))
        << piece;
}

TEST(Documents, WhatIsBrokenOffTakesNoOtherWithIt) {
  EXPECT_THAT(taken("{\"a\": [1\n{\"b\": 2}\n"), ElementsAre("1: {\"a\": [1", "2: {\"b\": 2}"));
  EXPECT_THAT(taken("{\n  \"a\":\n{\n  \"b\": 2\n}\n"), ElementsAre("1: {  \"a\":", "3: {  \"b\": 2}"));
  EXPECT_THAT(taken("{\"a\": 1}\nrubbish\nmore\n{\"b\": 2}\nagain\n"),
              ElementsAre("1: {\"a\": 1}", HasSubstr("2! not valid JSON"), "4: {\"b\": 2}", HasSubstr("5! not valid JSON")));
  EXPECT_THAT(taken(""), ElementsAre());
  EXPECT_THAT(taken("\n \n"), ElementsAre());
}

TEST(Documents, WhatIsTooLongIsNotKept) {
  const std::string line = "{\"a\": \"" + std::string(2 << 20, 'x') + "\"}\n",
                    many = "{\n" + std::string(40, '\n') + "  1\n}\n";
  EXPECT_THAT(taken("{\"b\": 1}\n" + line + "{\"c\": 1}\n", 4096, 1 << 20),
              ElementsAre("1: {\"b\": 1}", "2! longer than 1 MiB, which no report is", "3: {\"c\": 1}"));
  EXPECT_THAT(taken(many + "{\"c\": 1}\n", 7, 30), ElementsAre(HasSubstr("1! longer"), "44: {\"c\": 1}"));
}

}  // namespace
}  // namespace vfio_doctor
