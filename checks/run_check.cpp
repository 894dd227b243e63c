// SPDX-License-Identifier: GPL-2.0-or-later
#include <exception>
#include <utility>

#include "checks/check.hpp"

namespace vfio_doctor {

Finding Check::finding(Status status, std::string subject, Sentence summary) const {
  Finding finding;
  finding.id = id;
  finding.status = status;
  finding.subject = std::move(subject);
  finding.title = title;
  finding.say(std::move(summary));
  return finding;
}

Finding Check::not_seen(std::string summary, Evidence evidence) const {
  auto finding = this->finding(Status::unknown, host_subject, std::move(summary));
  finding.evidence = {std::move(evidence)};
  finding.quiet = true;
  return finding;
}

std::vector<Finding> run_check(const Check& check, const Host& host) {
  std::vector<Finding> findings;
  try {
    findings = check.run(host);
  } catch (const std::exception& problem) {
    // A defect of this program: it must not hide what the other checks found.
    auto finding = check.finding(Status::error, host_subject, std::string("The check itself failed: ") + problem.what());
    finding.effect = Effect::blocked;  // what it would have said is not known
    findings = {finding};
  }
  if (findings.empty())
    findings.push_back(check.finding(Status::not_applicable, host_subject, "Nothing on this host to check."));
  return findings;
}

}  // namespace vfio_doctor
