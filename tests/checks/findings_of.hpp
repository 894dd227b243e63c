// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <stdexcept>

#include "checks/check.hpp"
#include "machines.hpp"

namespace vfio_doctor::testing {

/// What one check says about a host.
inline std::vector<Finding> findings_of(std::string_view id, const Host& host) {
  const auto checks = all_checks();
  const auto check = std::ranges::find(checks, id, &Check::id);
  if (check == checks.end()) throw std::runtime_error("no check " + std::string(id));
  return run_check(*check, host);
}

/// The finding about `subject`; throws where there is none.
inline Finding finding_about(std::string_view id, const Host& host, const std::string& subject = host_subject) {
  for (const auto& finding : findings_of(id, host))
    if (finding.subject == subject) return finding;
  throw std::runtime_error(std::string(id) + " says nothing about " + subject);
}

/// Of a check that says one thing.
inline Finding only_finding(std::string_view id, const Host& host) {
  const auto findings = findings_of(id, host);
  if (findings.size() != 1) throw std::runtime_error(std::string(id) + " says " + std::to_string(findings.size()) + " things");
  return findings.front();
}

inline Host host_of(const std::string& machine_text) { return gather_host(machine(machine_text)); }

}  // namespace vfio_doctor::testing
