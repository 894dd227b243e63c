// SPDX-License-Identifier: GPL-2.0-or-later
// Hosts and domains in the state of solved reports of other people, in our own words and with other numbers: each names its
// cause.
// tests/checks/reports/expected.tsv says which check, about what, in which words; its numbers are those of docs/coverage.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "checks/check.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/findings_of.hpp"
#include "checks/kernel/data_table.hpp"
#include "machines.hpp"

namespace vfio_doctor {
namespace {

using testing::read_test_file;

/// A domain of a report, on the host beside it, else on that of the examples of domains.
std::vector<Finding> findings_of_domain(std::string_view id, const std::string& path) {
  const auto own = path.substr(0, path.size() - 4) + ".machine";
  const bool has_own = std::filesystem::exists(std::string(TESTS_DIR) + "/" + own);
  const auto root = testing::machine_file(has_own ? own : "checks/domain/host.machine");
  const auto host = gather_host(root);
  const auto domain = parse_domain_xml(read_test_file(path), path);
  const auto around = gather_surroundings(root, domain, true);
  const auto checks = all_domain_checks();
  const auto check = std::ranges::find(checks, id, &DomainCheck::id);
  if (check == checks.end()) return {};
  return run_domain_check(*check, {host, domain, around});
}

TEST(Reports, EachNamesItsCause) {
  const auto text = read_test_file("checks/reports/expected.tsv");
  std::set<std::string> named;
  for (const auto& row : table_rows(text, 4, "expected.tsv")) {
    SCOPED_TRACE(std::string(row[0]) + " " + std::string(row[1]));
    const auto path = "checks/reports/" + std::string(row[0]);
    const auto findings = path.ends_with(".xml") ? findings_of_domain(row[1], path)
                                                 : testing::findings_of(row[1], gather_host(testing::machine_file(path)));
    const bool names_it = std::ranges::any_of(findings, [&row](const Finding& finding) {
      return (finding.status == Status::fail || finding.status == Status::warn) && finding.subject == row[2] &&
             finding.summary.find(row[3]) != std::string::npos;
    });
    std::string said;
    for (const auto& finding : findings)
      said += "\n  " + std::string(to_text(finding.status)) + " " + finding.subject + ": " + finding.summary;
    EXPECT_TRUE(names_it) << "it said:" << said;
    if (names_it) named.emplace(row[0]);
  }
  EXPECT_GE(named.size(), 40u) << "of 42 reports; docs/coverage.md says why not the others";
}

}  // namespace
}  // namespace vfio_doctor
