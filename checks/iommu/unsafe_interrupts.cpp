// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/iommu_state.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"unsafe-interrupts", "Unsafe interrupts allowed", 50, run};

std::vector<Finding> run(const Host& host) {
  const auto& allowed = host.vfio.allow_unsafe_interrupts;
  const std::string source = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";
  if (allowed.is_absent())
    return {check.finding(Status::not_applicable, host_subject, "The module vfio_iommu_type1 is not loaded.")};
  auto finding = check.finding(Status::pass, host_subject, "VFIO insists on interrupt remapping.");
  finding.evidence = {{source, allowed.has_value() ? (allowed.value() ? "Y" : "N") : allowed.why()}};
  if (allowed.is_unreadable()) {
    finding.status = Status::unknown;
    finding.summary = "Whether VFIO insists on interrupt remapping could not be read.";
  } else if (allowed.value() && interrupt_remapping(host) == Switch::on) {
    finding.status = Status::warn;
    finding.summary = "VFIO was told to do without interrupt remapping, although this host has it.";
    finding.remedy.push_back({"Remove the option: guests are kept apart better without it.",
                              {"grep -rn allow_unsafe_interrupts /etc/modprobe.d /usr/lib/modprobe.d /proc/cmdline"},
                              {}, {}});
  } else if (allowed.value()) {
    finding.status = Status::not_applicable;
    finding.summary = "Unsafe interrupts are allowed; see interrupt-remapping for what that means on this host.";
  }
  return {finding};
}

}  // namespace

Check unsafe_interrupts_check() { return check; }

}  // namespace vfio_doctor
