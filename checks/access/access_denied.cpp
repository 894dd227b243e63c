// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"access-denied", "Refusals by AppArmor and SELinux", 40, run};

bool has(const std::string& line, std::string_view word) { return line.find(word) != line.npos; }

/// AppArmor: apparmor="DENIED" ... profile="libvirt-UUID" name="/dev/vfio/12"; SELinux: avc: denied { ... } ... svirt_t ...
/// vfio_device_t.
bool is_about_vfio(const std::string& line) {
  const bool denied = has(line, "apparmor=\"DENIED\"") || has(line, "avc:  denied") || has(line, "avc: denied");
  return denied &&
         (has(line, "/dev/vfio") || has(line, "vfio_device_t") || has(line, "/dev/iommu") || has(line, "iommu_device_t"));
}

std::vector<Finding> run(const Host& host) {
  const auto* log = host.kernel.device_log.get();
  if (!log)
    return {check.not_seen("Whether a guest was refused a device's node could not be seen.",
                           {"kernel log", host.kernel.device_log.why()})};
  const auto count = std::ranges::count_if(*log, is_about_vfio);
  if (count == 0)
    return {check.finding(Status::pass, host_subject,
                          "The kernel's log tells of no refusal of VFIO's nodes by "
                          "AppArmor or SELinux.")};
  auto finding = check.finding(Status::warn, host_subject,
                               "AppArmor or SELinux refused a program one of VFIO's nodes since "
                               "the host started (" +
                                   std::to_string(count) + (count == 1 ? " time)." : " times)."));
  for (const auto& line : *log)
    if (is_about_vfio(line) && finding.evidence.size() < 3) finding.evidence.push_back({"kernel log", line});
  finding.remedy = {
      {"libvirt labels the devices of its guests by itself: start the guest through it, and look whether its "
       "own profile is what refuses. A program of your own needs a rule for that node.",
       {"sudo aa-status", "sudo ausearch -m avc -ts boot"},
       {},
       {}}};
  return {finding};
}

}  // namespace

Check access_denied_check() { return check; }

}  // namespace vfio_doctor
