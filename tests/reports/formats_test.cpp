// SPDX-License-Identifier: GPL-2.0-or-later
// The table of formats: whatever stands in it has a name, an ending and a renderer of its own.
#include "reports/formats.hpp"

#include <gmock/gmock.h>

#include <set>

#include "reports/sample_reports.hpp"

namespace vfio_doctor {
namespace {

using ::testing::HasSubstr;

TEST(Formats, EachHasANameAnEndingAndARendererOfItsOwn) {
  std::set<std::string_view> names, endings;
  for (const auto& format : report_formats()) {
    EXPECT_TRUE(names.insert(format.name).second) << format.name;
    ASSERT_FALSE(format.endings.empty()) << format.name;
    for (const auto ending : format.endings) {
      EXPECT_TRUE(endings.insert(ending).second) << ending << " means two formats";
      EXPECT_EQ(format_of_file("a.b/report." + std::string(ending)), format.name);
    }
    EXPECT_THAT(format_list(report_formats()), HasSubstr(std::string(format.purpose)));
    EXPECT_FALSE(render_as(report_formats(), format.name, testing::empty_report(), {}).empty()) << format.name;
  }
  EXPECT_EQ(report_formats().front().name, "text");
}

TEST(Formats, NameOfTheFileTells) {
  EXPECT_EQ(format_of_file("r.HTM"), "html");
  EXPECT_EQ(format_of_file("groups.svg"), "svg");
  for (const auto* file : {"json", "", ".", "r.", "r.text", "dir.json/r", "r.json.gz"})
    EXPECT_EQ(format_of_file(file), "") << file;
}

}  // namespace
}  // namespace vfio_doctor
