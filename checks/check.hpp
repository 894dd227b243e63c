// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// One rule: a pure function of facts. Each lives in checks/GROUP/ID.cpp ('-' written '_'), beside its page
/// ID.md, and is found through the list that the build generates from those files (all_checks()).
struct Check {
  std::string_view id;     ///< permanent, kebab case, names the property or defect: "interrupt-remapping"
  std::string_view title;  ///< a noun phrase: "Interrupt remapping"
  int order;               ///< its place in the story that its group tells: 10, 20, ...; equal ones by id
  std::vector<Finding> (*run)(const Host& host);
  std::string_view group = {};  ///< the folder it lives in; filled in by the generated list
  std::string_view page = {};   ///< its page, Markdown; filled in by the generated list

  /// A finding of this check; the caller adds summary, evidence and remedy.
  Finding finding(Status status, std::string subject, Sentence summary) const;
  /// The one quiet `unknown` of a check that cannot see what it needs and that no verdict rests on.
  Finding not_seen(std::string summary, Evidence evidence) const;
};

/// The groups of checks, in the order in which reports tell their story.
std::span<const std::string_view> check_groups();

/// Every built-in check, in the order reports show them.
std::span<const Check> all_checks();

/// Runs one check. A check that throws becomes one `error` finding; one that finds nothing to say becomes one
/// `not-applicable` finding: a check never vanishes from the report.
std::vector<Finding> run_check(const Check& check, const Host& host);

}  // namespace vfio_doctor
