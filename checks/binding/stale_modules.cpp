// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"stale-modules", "Modules that the kernel no longer has", 40, run};

}  // namespace
extern const std::string_view stale_modules_table;  // made by the build
namespace {

KernelVersion version_of(std::string_view text) {
  const auto parts = split(text, '.');
  return {static_cast<int>(parse_unsigned(parts[0]).value_or(0)), static_cast<int>(parse_unsigned(parts.back()).value_or(0))};
}

const TableRow* row_of(const std::vector<TableRow>& rows, const Host& host, const std::string& word) {
  for (const auto& row : rows)
    if (normalize_module_name(word) == row[0] && has_rule_since(host, version_of(row[1])) == KernelRule::yes) return &row;
  return nullptr;
}

void judge(const std::vector<TableRow>& rows, const Host& host, const std::vector<ModuleList>& lists,
    std::vector<Finding>& findings) {
  for (const auto& list : lists) {
    if (list.kind == "omit_drivers" || list.kind == "HOOKS" || findings.size() >= 8) continue;
    for (const auto& word : list.words) {
      const auto* row = row_of(rows, host, word);
      if (!row) continue;
      auto finding = check.finding(Status::warn, host_subject, word + " is no longer a module since Linux " +
          std::string((*row)[1]) + " (" + std::string((*row)[2]) +
                                                                   "): " + (list.kind == "load"
                                                                       ? "loading it fails at each start."
                                                                       : "building the initial RAM disk complains about it."));
      finding.evidence = {{list.place(), list.text}, {std::string((*row)[3]), std::string((*row)[0])}};
      finding.remedy = {{"Take it out of that file.", {}, {}, {}}};
      findings.push_back(std::move(finding));
    }
  }
}

std::vector<Finding> run(const Host& host) {
  static const auto rows = table_rows(stale_modules_table, 4, "stale_modules.tsv");
  if (!host.kernel.version.has_value()) return {};
  std::vector<Finding> findings;
  judge(rows, host, host.modules.load_at_start, findings);
  judge(rows, host, host.modules.image, findings);
  if (findings.empty() && !(host.modules.load_at_start.empty() && host.modules.image.empty()))
    findings.push_back(check.finding(Status::pass, host_subject, "No file asks for a module that the kernel no longer has."));
  return findings;
}

}  // namespace

Check stale_modules_check() { return check; }

}  // namespace vfio_doctor
