// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

#include <exception>

#include "base/text.hpp"

namespace vfio_doctor {

std::string domain_subject(const Domain& domain) { return std::string(domain_subject_prefix) + domain.name.substr(0, 255); }

Finding DomainCheck::finding(Status status, const DomainCase& here, std::string summary) const {
  Finding finding;
  finding.id = id;
  finding.status = status;
  finding.subject = domain_subject(here.domain);
  finding.title = title;
  finding.summary = std::move(summary);
  return finding;
}

Finding DomainCheck::at_line(Status status, const DomainCase& here, std::size_t line, std::string summary,
                             const std::string& words) const {
  auto result = finding(status, here, std::move(summary));
  result.evidence.push_back({here.domain.file, "line " + std::to_string(line)});
  for (const auto line_of_words : split(words, '\n')) {
    if (line_of_words.empty()) continue;
    if (result.evidence.size() == 1) result.summary += " (\"" + std::string(line_of_words) + "\")";
    result.evidence.push_back({"libvirt or QEMU says", std::string(line_of_words)});
  }
  return result;
}

std::vector<Finding> run_domain_check(const DomainCheck& check, const DomainCase& here) {
  std::vector<Finding> findings;
  try {
    findings = check.run(here);
  } catch (const std::exception& problem) {
    auto finding = check.finding(Status::error, here, std::string("The check itself failed: ") + problem.what());
    finding.effect = Effect::blocked;  // what it would have said is not known
    findings = {finding};
  }
  if (findings.empty()) findings.push_back(check.finding(Status::not_applicable, here, "Nothing in this domain to check."));
  return findings;
}

}  // namespace vfio_doctor
