// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/domain/domain_xml.hpp"
#include "facts/domain/surroundings.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// A domain on its host: what the rules about domains judge.
struct DomainCase {
  const Host& host;
  const Domain& domain;
  const DomainSurroundings& around;
};

/// One rule about domains: a pure function of a DomainCase. Each lives in checks/domain/ID.cpp beside its page, and is found
/// through the list that the build generates from those files (all_domain_checks()).
///
/// Findings have the subject "domain:NAME". A fail keeps the domain from being ready; an unknown does only with
/// Effect::blocked.
struct DomainCheck {
  std::string_view id;     ///< permanent, kebab case
  std::string_view title;  ///< a noun phrase
  int order;               ///< its place among the others
  std::vector<Finding> (*run)(const DomainCase& here);
  std::string_view page = {};  ///< filled in by the generated list

  Finding finding(Status status, const DomainCase& here, std::string summary) const;
  /// With the line of the domain's text as evidence, and what libvirt or QEMU says about it: its words, and behind a line end
  /// those of another version.
  Finding at_line(Status status, const DomainCase& here, std::size_t line, std::string summary,
                  const std::string& words = {}) const;
};

/// The subject of findings about a domain.
std::string domain_subject(const Domain& domain);
inline constexpr std::string_view domain_subject_prefix = "domain:";
inline constexpr std::string_view domain_group = "domain";

/// Every check of domains, in the order reports show them.
std::span<const DomainCheck> all_domain_checks();

/// Runs one; like run_check(), it never throws and never comes back empty.
std::vector<Finding> run_domain_check(const DomainCheck& check, const DomainCase& here);

}  // namespace vfio_doctor
