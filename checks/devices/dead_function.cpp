// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"dead-function", "Functions that do not answer", 20, run};

Finding dead(const PciFunction& function) {
  const bool ones = function.config.all_ones;
  auto finding =
      check.finding(Status::fail, device_subject(function.address),
                    ones ? "It answers nothing (every configuration byte reads ff): it hangs after a failed reset, "
                           "or it has no power."
                         : "It names no vendor (the first configuration bytes read 0), as an empty slot does: it hangs, "
                           "or it has no power.");
  finding.effect = Effect::blocked;
  finding.evidence = {{function.sysfs_path + "/config", ones ? "all bytes ff" : "vendor 0000"}};
  finding.remedy = {
      {"Switch the host off completely (a reboot often is not enough), wait ten seconds, switch it on.", {}, {}, {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    // A virtual function's ids read as ones by design; its answer comes from the physical function.
    const bool is_dead = function.config.all_ones || function.config.no_vendor;
    if (is_dead && !function.physical_function.has_value()) findings.push_back(dead(function));
  }
  if (findings.empty() && !host.all_functions().empty())
    findings.push_back(check.finding(Status::pass, host_subject, "Every function that was asked answers."));
  return findings;
}

}  // namespace

Check dead_function_check() { return check; }

}  // namespace vfio_doctor
