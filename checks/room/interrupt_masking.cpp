// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/data_table.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"interrupt-masking", "Devices whose interrupt line cannot be shared", 50, run};

}  // namespace
extern const std::string_view interrupt_masking_table;  // made by the build
namespace {

std::vector<Finding> run(const Host& host) {
  static const auto rows = device_rows(interrupt_masking_table, 3, "interrupt_masking.tsv");
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    if (!is_held_by_vfio(function)) continue;
    const auto known = rows_about(rows, function);
    if (known.empty()) continue;
    auto finding = check.finding(Status::warn, device_subject(function.address),
                                 "VFIO cannot mask its interrupt line (" + std::string(known.front()->fields[1]) +
                                     "): the line must be its own, or the guest does not start.");
    finding.evidence = {{std::string(known.front()->fields[2]), std::string(known.front()->fields[0])}};
    finding.remedy = {{"Move the card to a slot whose line no other device has. This shows who shares it.",
        {"cat /proc/interrupts"}, {}, {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && !host.all_functions().empty())
    findings.push_back(check.finding(Status::pass, host_subject, "VFIO holds no device whose interrupt line it could not "
        "mask."));
  return findings;
}

}  // namespace

Check interrupt_masking_check() { return check; }

}  // namespace vfio_doctor
