// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>

#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"locked-memory", "Memory that may be locked", 90, run};

/// The smallest guest anybody runs; with less no guest with a device starts.
constexpr std::uint64_t smallest_guest = 128ULL << 20;

std::string size_text(std::uint64_t bytes) {
  return bytes >= 1 << 20 ? std::to_string(bytes >> 20) + " MiB" : std::to_string(bytes >> 10) + " KiB";
}

std::vector<Finding> run(const Host& host) {
  const auto& limit = host.processes.lockable_memory;
  if (limit.is_unreadable()) return {};
  if (limit.is_absent()) return {check.finding(Status::pass, host_subject, "Programs of this user may lock all memory.")};
  const Evidence evidence{"/proc/self/limits", "Max locked memory " + std::to_string(*limit) + " bytes"};
  if (*limit >= smallest_guest) {
    auto finding =
        check.finding(Status::pass, host_subject, "Programs of this user may lock " + size_text(*limit) + " of memory.");
    finding.evidence = {evidence};
    return {finding};
  }
  auto finding = check.finding(Status::not_applicable, host_subject, "");
  finding.evidence = {evidence};
  // libvirt's system daemon and Proxmox VE set the limit for each guest, or run QEMU with the right to pass over it.
  if (host.processes.limits_set_by_manager) {
    finding.summary = "A program of this user may lock " + size_text(*limit) +
                      " of memory; libvirt and Proxmox VE raise that for their "
                      "guests themselves.";
    return {finding};
  }
  finding.status = Status::warn;
  finding.summary = "A program of this user may lock " + size_text(*limit) +
                    " of memory, and VFIO locks all memory of a guest: QEMU started "
                    "by hand or by a session's libvirt fails (\"vfio_dma_map: -12 (Cannot allocate memory)\").";
  finding.remedy = {
      {"Let libvirt's system daemon start the guest (virsh -c qemu:///system), which raises the limit; or raise it for this "
       "user to the guest's memory and 1 GiB more: a line \"USER - memlock KIB\" in a file of /etc/security/limits.d, then "
       "log in anew.",
       {"ulimit -l"},
       {},
       "A program that locks that much memory takes it from all others."}};
  return {finding};
}

}  // namespace

Check locked_memory_check() { return check; }

}  // namespace vfio_doctor
