// SPDX-License-Identifier: GPL-2.0-or-later
// docs/coverage.md: what it says that a check looks at, a check of that name looks at.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

namespace fs = std::filesystem;

/// Those of `vfio-doctor checks`; the guest's have no function of their own each, but a page.
std::set<std::string> all_ids() {
  std::set<std::string> ids;
  for (const auto& check : all_checks()) ids.emplace(check.id);
  for (const auto& check : all_domain_checks()) ids.emplace(check.id);
  for (const auto& entry : fs::directory_iterator(fs::path(TESTS_DIR) / "../checks/guest"))
    if (auto name = entry.path().stem().string(); entry.path().extension() == ".md") {
      std::ranges::replace(name, '_', '-');
      ids.insert(name);
    }
  return ids;
}

/// The cells of the tables below the heading.
std::vector<std::vector<std::string>> rows_below(const std::string& heading) {
  std::vector<std::vector<std::string>> rows;
  bool inside = false;
  const auto text = testing::read_test_file((fs::path(TESTS_DIR) / "../docs/coverage.md").string());
  for (const auto line : split_lines(text)) {
    if (line.starts_with("#")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| ") || line.starts_with("| rule about") || line.starts_with("| report |")) continue;
    std::vector<std::string> cells;
    for (const auto cell : split(line.substr(1, line.rfind('|') - 1), '|')) cells.emplace_back(trim(cell));
    rows.push_back(std::move(cells));
  }
  return rows;
}

TEST(CoveragePage, EachRuleHasACheckOrAReason) {
  const auto ids = all_ids();
  std::set<std::string> named;
  const auto rows = rows_below("Rule by rule");
  EXPECT_GT(rows.size(), 100u);
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 2u) << row.front();
    const bool has_none = row[1].starts_with("no: ") || row[1].starts_with("no check of its own: ");
    std::size_t count = 0;
    const auto parts = split(row[1], '`');
    for (std::size_t i = 1; i < parts.size(); i += 2) {
      const std::string id(parts[i]);
      if (id == "verify" || id.starts_with("vfio-doctor ")) continue;
      EXPECT_TRUE(ids.contains(id)) << id << " is no check: " << row[0];
      if (!has_none) named.insert(id), ++count;
    }
    EXPECT_TRUE(has_none || count > 0) << row[0] << ": neither a check nor \"no: \" with a reason";
  }
  for (const auto& id : ids) EXPECT_TRUE(named.contains(id)) << id << " is a check that no rule of the page names";
}

TEST(CoveragePage, EachReportThatIsNamedIsNamedByACheck) {
  const auto ids = all_ids();
  auto rows = rows_below("Solved reports of other people");
  EXPECT_EQ(rows.size(), 20u);
  const auto more = rows_below("Solved reports that rules were mended for");
  EXPECT_EQ(more.size(), 22u);
  rows.insert(rows.end(), more.begin(), more.end());
  for (const auto& row : rows) {
    ASSERT_EQ(row.size(), 3u) << row.front();
    if (row[1] == "no") continue;
    const auto first = row[2].substr(0, row[2].find_first_of(",;( "));
    EXPECT_TRUE(ids.contains(first)) << first << " is no check: " << row[0];
  }
}

}  // namespace
}  // namespace vfio_doctor
