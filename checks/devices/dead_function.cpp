// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"dead-function", "Functions that do not answer", 20, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    // A virtual function's ids read as ones by design; its answer comes from the physical function.
    if (!function.config.all_ones || function.physical_function.has_value()) continue;
    auto finding = check.finding(Status::fail, device_subject(function.address),
                                 "It answers nothing (every configuration byte reads ff): it hangs after a failed reset, "
                                 "or it has no power.");
    finding.effect = Effect::blocked;
    finding.evidence = {{function.sysfs_path + "/config", "all bytes ff"}};
    finding.remedy = {
        {"Switch the host off completely (a reboot often is not enough), wait ten seconds, switch it on.", {}, {}, {}}};
    findings.push_back(finding);
  }
  if (findings.empty() && !host.all_functions().empty())
    findings.push_back(check.finding(Status::pass, host_subject, "Every function that was asked answers."));
  return findings;
}

}  // namespace

Check dead_function_check() { return check; }

}  // namespace vfio_doctor
