// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "checks/check.hpp"
#include "checks/protection/host_needs.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"host-storage", "Storage this host lives on", 10, run};

/// What stops the host first is told first.
int importance_of_mount(std::string_view point) {
  if (point == "/") return 0;
  if (point.starts_with("/boot") || point == "/efi" || point == "/usr" || point == "/sysroot") return 1;
  return point.starts_with("/snap/") || point.starts_with("/var/lib/") ? 4 : 3;
}

int importance(const StorageUse& use) {
  switch (use.kind) {
    case StorageUseKind::mount:
      return importance_of_mount(use.use);
    case StorageUseKind::boot_partition:
      return 1;
    case StorageUseKind::swap:
      return 2;
    case StorageUseKind::other:
      break;
  }
  return 3;
}

using Needs = std::map<PciAddress, std::vector<const StorageUse*>>;

Needs needs_by_function(const std::vector<StorageUse>& uses) {
  Needs needs;
  for (const auto& use : uses)
    for (const auto& function : use.functions) needs[function].push_back(&use);
  for (auto& [function, list] : needs)
    std::ranges::stable_sort(list, {}, [](const StorageUse* use) { return importance(*use); });
  return needs;
}

Finding protecting(const PciAddress& function, const std::vector<const StorageUse*>& uses) {
  std::vector<HostNeed> needs;
  for (const auto* use : uses) needs.push_back({use->use, use->chain, use->source});
  const bool over_network = std::ranges::all_of(uses, [](const auto* use) { return !use->network_interfaces.empty(); });
  auto finding = check.finding(Status::warn, device_subject(function),
                               std::string(over_network ? "This host reaches its storage through it: it carries "
                                                        : "This host lives on it: it holds ") +
                                   describe(needs) + ".");
  finding.effect = Effect::protects;
  finding.evidence = evidence_of(needs);
  finding.remedy = {
      {"Leave it to the host. To give it away all the same, first move what it holds to another disk and "
       "stop using it there; these commands show what is on it.",
       {"lsblk -o NAME,TYPE,FSTYPE,MOUNTPOINTS", "swapon --show"},
       {},
       "A guest that takes it stops the host at once, and data that was not written yet is lost."}};
  return finding;
}

/// Shares a directory of the machine below: the virtio devices 9p and fs (virtio specification, 5.11 and 4.1.2), whose
/// class does not say so.
bool is_shared_directory(const PciFunction& function) {
  return function.id.vendor.is(0x1af4) &&
         (function.id.device.is(0x1009) || function.id.device.is(0x1049) || function.id.device.is(0x105a));
}

/// The functions that may carry storage nobody could follow: storage and memory card controllers, and whatever else
/// (a USB controller) has a disk below it.
bool may_carry_storage(const Host& host, const PciFunction& function) {
  if (is_shared_directory(function)) return true;
  const auto kind = function.class_and_subclass();
  if (!kind) return true;
  // A disk that comes over NVMe and Fibre Channel is not listed below its controller.
  if (*kind >> 8 == 0x01 || *kind == 0x0805 || *kind == 0x0c04) return true;
  if (const auto* with_disks = host.storage.disk_functions.get(); with_disks && !with_disks->empty())
    return std::ranges::binary_search(*with_disks, function.address);
  return *kind == 0x0c03 || *kind == 0x0c00;  // USB, FireWire
}

bool may_carry_network(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  return !kind || *kind >> 8 == 0x02 || *kind == 0x0c06;
}

struct Doubt {
  std::string what;  ///< "/mnt/data could not be followed to its disks"
  std::string source;
  std::string why;
  Carrier missing = Carrier::storage;
};

std::vector<Doubt> doubts_of(const Host& host) {
  const auto* uses = host.storage.uses.get();
  if (!uses)
    return {{"The file systems this host has mounted could not be read", "/proc/1/mountinfo", host.storage.uses.why()}};
  std::vector<Doubt> doubts;
  for (const auto& use : *uses)
    if (!use.unresolved.empty())
      doubts.push_back(
          {"What carries " + use.use + " could not be followed to its end", use.source, use.unresolved, use.missing});
  return doubts;
}

Finding unknown(const std::string& subject, const std::string& summary, const std::vector<Doubt>& doubts) {
  auto finding = check.finding(Status::unknown, subject, summary);
  std::vector<HostNeed> reasons;
  for (const auto& doubt : doubts)
    reasons.push_back({doubts.size() == 1 ? doubt.why : doubt.what, doubts.size() == 1 ? "" : doubt.why, doubt.source});
  finding.evidence = evidence_of(reasons);
  return finding;
}

void add_doubtful_functions(const Host& host, const std::vector<Doubt>& doubts, const Needs& needs,
                            std::vector<Finding>& findings) {
  const InUse in_use(host);
  for (const auto& function : host.all_functions()) {
    if (function.is_bridge() || needs.contains(function.address) || !in_use(function)) continue;
    std::vector<Doubt> own;
    for (const auto& doubt : doubts)
      if ((doubt.missing != Carrier::network && may_carry_storage(host, function)) ||
          (doubt.missing != Carrier::storage && may_carry_network(function)))
        own.push_back(doubt);
    if (own.empty()) continue;
    auto finding =
        unknown(device_subject(function.address), own.front().what + " (" + own.front().why + "): it may be this device.", own);
    finding.effect = Effect::protects;
    findings.push_back(std::move(finding));
  }
}

/// Ceph, Oracle and virtual machines open disks raw; volumes and arrays may be switched off now and wanted tomorrow.
void add_unopened(const Host& host, const Needs& needs, std::vector<Finding>& findings) {
  std::map<PciAddress, std::vector<const UnopenedMember*>> members;
  for (const auto& member : host.storage.unopened)
    for (const auto& function : member.functions)
      if (!needs.contains(function)) members[function].push_back(&member);
  for (const auto& [function, list] : members) {
    std::vector<HostNeed> told;
    for (const auto* member : list) told.push_back({member->device + " (" + member->kind + ")", "", member->source});
    auto finding =
        check.finding(Status::warn, device_subject(function),
                      "Nothing that the kernel shows has it open, but it holds a member of a larger store: " + describe(told) +
                          ". A service of this host (Ceph, LVM, RAID, ZFS, a database) may use it.");
    finding.evidence = evidence_of(told);
    finding.remedy = {{"Make sure that nothing on this host wants it before a guest gets it; this shows what is on the disks.",
                       {"lsblk -o NAME,TYPE,FSTYPE,LABEL,MOUNTPOINTS"},
                       {},
                       "A store that loses a member loses data or stops."}};
    findings.push_back(std::move(finding));
  }
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  const auto doubts = doubts_of(host);
  const auto needs = host.storage.uses.has_value() ? needs_by_function(host.storage.uses.value()) : Needs();
  for (const auto& [function, uses] : needs) findings.push_back(protecting(function, uses));
  add_doubtful_functions(host, doubts, needs, findings);
  add_unopened(host, needs, findings);
  if (doubts.empty())
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "Every mounted file system, swap and boot partition was traced to its devices."));
  else
    findings.push_back(unknown(host_subject, doubts.front().what + " (" + doubts.front().why + ").", doubts));
  return findings;
}

}  // namespace

Check host_storage_check() { return check; }

}  // namespace vfio_doctor
