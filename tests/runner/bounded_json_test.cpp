// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/bounded_json.hpp"

#include <gtest/gtest.h>

#include "facts/boot/other_loaders.hpp"

namespace vfio_doctor {
namespace {

std::string nested(std::size_t levels, const std::string& open, const std::string& close) {
  std::string text, end;
  for (std::size_t i = 0; i < levels; ++i) text += open;
  for (std::size_t i = 0; i < levels; ++i) end += close;
  return text + end;
}

template <class Json = nlohmann::json>
std::string refusal(const std::string& text, const JsonBounds& bounds = {}) {
  try {
    parse_bounded_json<Json>(text, bounds);
    return "none";
  } catch (const JsonError& error) {
    return error.what();
  }
}

TEST(BoundedJson, TakesWhatIsWithinTheBounds) {
  EXPECT_EQ(parse_bounded_json(R"({"a":[1,"x",null,{"b":[]}]})").dump(), R"({"a":[1,"x",null,{"b":[]}]})");
  EXPECT_EQ(parse_bounded_json<nlohmann::ordered_json>(R"({"b":1,"a":2})").dump(), R"({"b":1,"a":2})");
  EXPECT_EQ(refusal(nested(64, "[", "]")), "none");
  EXPECT_EQ(refusal("[" + nested(63, "[", "]") + "," + nested(63, "[", "]") + "]"), "none");
}

TEST(BoundedJson, RefusesDepthWhateverItIsMadeOf) {
  for (const std::size_t levels : {std::size_t{65}, std::size_t{100'000}}) {
    EXPECT_EQ(refusal(nested(levels, "[", "")), "not valid JSON: nested deeper than 64 levels");
    EXPECT_EQ(refusal<nlohmann::ordered_json>(nested(levels, "[", "]")), "not valid JSON: nested deeper than 64 levels");
  }
  EXPECT_EQ(refusal(std::string(std::size_t{16} << 20, '[')), "not valid JSON: nested deeper than 64 levels");
  EXPECT_EQ(refusal(nested(65, "{\"a\":", "}")), "not valid JSON: nested deeper than 64 levels");
}

TEST(BoundedJson, RefusesMoreThanItMayHold) {
  EXPECT_EQ(refusal("[0,0,0]", {.most_values = 3}), "not valid JSON: more than 3 values");
  EXPECT_EQ(refusal("[0,0]", {.most_values = 3}), "none");
  EXPECT_EQ(refusal(R"({"a":0,"b":0,"c":{"a":0,"b":0}})", {.most_members = 3}), "none");
  EXPECT_EQ(refusal(R"([{"a":0},{"a":0,"b":0,"c":0}])", {.most_members = 2}),
            "not valid JSON: more than 2 members in one object");
}

TEST(BoundedJson, SaysWhereTheSyntaxIsWrong) {
  try {
    parse_bounded_json("{\n\"a\":\n]");
    ADD_FAILURE();
  } catch (const JsonError& error) {
    EXPECT_EQ(error.line(), 3u);
    EXPECT_EQ(error.why(), "");
  }
  EXPECT_EQ(refusal("[1e999]"), "not valid JSON: a number is out of range");
  EXPECT_EQ(refusal(""), "not valid JSON");
}

TEST(BoundedJson, AKernelstubFileOfDepthIsUnreadable) {
  const auto line =
      parse_kernelstub("{\"user\":{\"kernel_options\":" + nested(200'000, "[", "]") + "}}", "/etc/kernelstub/configuration");
  EXPECT_TRUE(line.is_unreadable());
}

}  // namespace
}  // namespace vfio_doctor
