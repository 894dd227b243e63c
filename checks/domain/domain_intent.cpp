// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.hpp"
#include "checks/domain/domain_check.hpp"
#include "checks/domain/intended_function.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-intent", "The device that was meant", 20, run};

std::string described(const PciFunction& function) { return function.address.text() + ", " + function.name; }

std::string its_group(const Host& host, const PciFunction& function) {
  if (!function.iommu_group.has_value()) return {};
  return companions_of(host, function).empty() ? ", with a group of its own" : ", in a group with other devices";
}

Finding suggest(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken,
                const IntendedFunction& intended) {
  const auto& meant = *intended.function;
  const auto kind = taken.class_name.empty() ? taken.name : taken.class_name;
  auto finding = check.at_line(Status::warn, here, device.line,
                               "It takes " + taken.address.text() + " (" + kind + ", " + taken.name + "), but " + intended.why +
                                   ": did you mean " + described(meant) + its_group(here.host, meant) + "?");
  finding.evidence.push_back(intended.evidence);
  finding.remedy = {{"Write this as the source, if so: <address domain='0x" + hex_text(meant.address.domain, 4) + "' bus='0x" +
                         hex_text(meant.address.bus, 2) + "' slot='0x" + hex_text(meant.address.device, 2) + "' function='0x" +
                         hex_text(meant.address.function, 1) + "'/>",
                     {},
                     {},
                     {}}};
  return finding;
}

void judge_recorded(const DomainCase& here, const DomainHostdev& device, const PciFunction& taken,
                    std::vector<Finding>& findings) {
  if (device.expected_id.empty() || !taken.id.has_ids()) return;
  const auto now = ids_text(taken.id);
  if (to_lower(device.expected_id) == now) return;
  findings.push_back(check.at_line(Status::fail, here, device.line,
                                   taken.address.text() + " is another device now: " + now + " (" + taken.name +
                                       "), while the mapping recorded " + device.expected_id + ".",
                                   "PCI device mapping invalid (hardware probably changed)"));
}

std::vector<Finding> run(const DomainCase& here) {
  std::vector<Finding> findings;
  for (const auto& device : here.domain.hostdevs) {
    const auto* taken = here.host.find(device.source);
    if (!taken) continue;
    judge_recorded(here, device, *taken, findings);
    if (const auto intended = intended_function(here, device)) findings.push_back(suggest(here, device, *taken, *intended));
  }
  if (findings.empty() && !here.domain.hostdevs.empty())
    findings.push_back(
        check.finding(Status::pass, here, "Nothing in its text speaks of other devices than those that it takes."));
  return findings;
}

}  // namespace

DomainCheck domain_intent_check() { return check; }

}  // namespace vfio_doctor
