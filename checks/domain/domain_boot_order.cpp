// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <map>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const DomainCase& here);
constexpr DomainCheck check{"domain-boot-order", "Boot order", 80, run};

std::vector<Finding> run(const DomainCase& here) {
  const auto& domain = here.domain;
  if (domain.boot_orders.empty()) return {};
  std::vector<Finding> findings;
  if (domain.os_boot_line != 0) {
    findings.push_back(check.at_line(Status::fail, here, domain.boot_orders.front().second,
                                     "A device has a <boot order=>, and <os> in line " + std::to_string(domain.os_boot_line) +
                                         " a <boot dev=>: libvirt takes one way or the other.",
                                     "per-device boot elements cannot be used together with os/boot elements"));
    findings.back().remedy = {{"Take the <boot dev=> out of <os>.", {}, {}, {}}};
  }
  std::map<std::uint64_t, std::size_t> lines;
  for (const auto& [order, line] : domain.boot_orders) {
    if (order == 0) continue;  // a matter of domain-definition
    const auto [first, is_new] = lines.emplace(order, line);
    if (!is_new)
      findings.push_back(check.at_line(Status::fail, here, line,
                                       "The boot order " + std::to_string(order) + " is taken already in line " +
                                           std::to_string(first->second) + ".",
                                       "boot order '" + std::to_string(order) + "' used for more than one device"));
  }
  if (findings.empty()) findings.push_back(check.finding(Status::pass, here, "Each place in the boot order is taken once."));
  return findings;
}

}  // namespace

DomainCheck domain_boot_order_check() { return check; }

}  // namespace vfio_doctor
