// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// One rule: a pure function of facts. Each lives in checks/ID.cpp ('-' written '_'), beside its page checks/ID.md,
/// and is found through the list that the build generates from those files (all_checks()).
struct Check {
  std::string_view id;     ///< permanent, kebab case, names the property or defect: "interrupt-remapping"
  std::string_view title;  ///< a noun phrase: "Interrupt remapping"
  std::string_view group;  ///< "iommu", "boot", "groups", "protection", "devices"
  std::vector<Finding> (*run)(const Host& host);
  std::string_view page = {};  ///< the check's page, Markdown; filled in by the generated list

  /// A finding of this check; the caller adds summary, evidence and remedy.
  Finding finding(Status status, std::string subject, std::string summary) const;
};

/// Every built-in check, in the order reports show them.
std::span<const Check> all_checks();

/// Runs one check. A check that throws becomes one `error` finding; one that finds nothing to say becomes one
/// `not-applicable` finding: a check never vanishes from the report.
std::vector<Finding> run_check(const Check& check, const Host& host);

}  // namespace vfio_doctor
