// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"libvirt-ready", "libvirt's daemon", 30, run};

std::vector<Finding> run(const Host& host) {
  if (!host.access.libvirt_installed) return {};
  const auto& listens = host.access.libvirt_listens;
  if (!listens.has_value())
    return {check.not_seen("Whether libvirt's daemon can be reached could not be seen.", {"/run/libvirt", listens.why()})};
  if (*listens) return {check.finding(Status::pass, host_subject, "libvirt's system daemon can be reached.")};
  auto finding = check.finding(Status::warn, host_subject,
                               "libvirt is installed, and neither libvirtd nor virtqemud listens: "
                               "virsh and virt-manager find no system daemon.");
  finding.evidence = {{"/run/libvirt", "no libvirt-sock, no virtqemud-sock"}};
  // Distributions of one age ship both; which one they start is their choice.
  finding.remedy = {{"See which of the two this distribution starts (PRESET enabled), then: sudo systemctl enable --now NAME.",
                     {"systemctl list-unit-files libvirtd.socket virtqemud.socket"},
                     {},
                     {}}};
  return {finding};
}

}  // namespace

Check libvirt_ready_check() { return check; }

}  // namespace vfio_doctor
