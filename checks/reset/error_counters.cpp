// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"error-counters", "Errors on the link of a device", 60, run};

Finding judge(const PciFunction& function, std::uint64_t fatal, std::uint64_t nonfatal) {
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "Since it was found, its link has reported " + std::to_string(fatal) + " fatal and " +
                                   std::to_string(nonfatal) +
                                   " other uncorrected errors: a guest is "
                                   "stopped by such an error.");
  finding.evidence = {{function.sysfs_path + "/aer_dev_fatal", "TOTAL_ERR_FATAL " + std::to_string(fatal)},
                      {function.sysfs_path + "/aer_dev_nonfatal", "TOTAL_ERR_NONFATAL " + std::to_string(nonfatal)}};
  finding.remedy = {{"Put the card in anew, try another slot or riser, or set the slot to a lower speed in the firmware.",
                     {"sudo dmesg | grep -i aer"},
                     {},
                     {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, room] : host.room.functions) {
    const auto* function = host.find(address);
    if (!function || !room.fatal_errors.has_value()) continue;
    any = true;
    const auto nonfatal = room.nonfatal_errors.has_value() ? *room.nonfatal_errors : 0;
    if (*room.fatal_errors > 0 || nonfatal > 0) findings.push_back(judge(*function, *room.fatal_errors, nonfatal));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "No device that VFIO holds has "
                                     "reported an uncorrected error."));
  return findings;
}

}  // namespace

Check error_counters_check() { return check; }

}  // namespace vfio_doctor
