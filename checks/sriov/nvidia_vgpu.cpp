// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"nvidia-vgpu", "Virtual GPUs of NVIDIA", 30, run};

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, type] : host.sharing.nvidia_types) {
    const auto* function = host.find(address);
    if (!function || !type.has_value()) continue;
    any = true;
    if (*type != 0) continue;
    static const std::string path = "/sys/bus/pci/devices/{device}/nvidia/";
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "It is one of NVIDIA's virtual functions, and no type "
                                 "of virtual GPU was chosen for it: a guest that asks for it does not start.");
    finding.evidence = {{function->sysfs_path + "/nvidia/current_vgpu_type", "0"}};
    finding.remedy = {
        remedy_for(address, {"Choose one of those that are offered, before the guest starts and after each boot.",
                             {"cat " + path + "creatable_vgpu_types", "echo TYPE | sudo tee " + path + "current_vgpu_type"},
                             {"echo 0 | sudo tee " + path + "current_vgpu_type"},
                             {}})};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(
        check.finding(Status::pass, host_subject, "Each of NVIDIA's virtual functions has a type of virtual GPU."));
  return findings;
}

}  // namespace

Check nvidia_vgpu_check() { return check; }

}  // namespace vfio_doctor
