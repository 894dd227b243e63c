// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-definition", "What libvirt takes as a definition", 15, run};

std::vector<Finding> run(const DomainCase& here) {
  const bool is_xml = here.domain.form == Domain::Form::domain || here.domain.form == Domain::Form::fragment;
  if (!is_xml || !here.domain.is_for_qemu()) return {};
  std::vector<Finding> findings;
  for (const auto& remark : here.domain.refused)
    findings.push_back(check.at_line(Status::fail, here, remark.line, remark.what, remark.words));
  for (const auto& remark : here.domain.refused_by_some) {
    findings.push_back(check.at_line(Status::unknown, here, remark.line, remark.what, remark.words));
    findings.back().effect = Effect::blocked;
  }
  if (findings.empty() && here.domain.takes_anything())
    findings.push_back(check.finding(Status::pass, here, "Nothing about its assigned devices that libvirt refuses to define."));
  return findings;
}

}  // namespace

DomainCheck domain_definition_check() { return check; }

}  // namespace vfio_doctor
