// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/report.hpp"

namespace vfio_doctor {

std::vector<std::string> GroupReport::member_names() const {
  std::vector<std::string> names;
  for (const PciAddress& address : members) names.push_back(address.text());
  names.insert(names.end(), other_members.begin(), other_members.end());
  return names;
}

std::string_view page_of(const Report& report, const std::string& id) {
  for (const CheckPage& each : report.pages)
    if (each.id == id) return each.page;
  return {};
}

const Acceptance* acceptance_of(const Report& report, const Finding& finding) {
  return find_acceptance(report.accepted, finding);
}

}  // namespace vfio_doctor
