// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"
#include "checks/kernel/log_line.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"virtual-function-room", "Room for virtual functions", 10, run};

/// What the kernel said when functions were asked for (drivers/pci/iov.c sriov_enable).
const std::string* refused(const Host& host, const PciAddress& address) {
  return find_log_line(host.kernel.device_log, [&](const std::string& line) {
    return (line.find("not enough MMIO resources for SR-IOV") != line.npos || line.find("SR-IOV: bus number out of "
                                                                                        "range") != line.npos) &&
           line.find(address.text()) != line.npos;
  });
}

std::vector<Evidence> without_room(const PciFunction& function) {
  std::vector<Evidence> evidence;
  if (const auto* regions = function.regions.get())
    for (const auto& region : *regions)
      if (region.index >= 7 && region.index <= 12 && region.is_memory() && region.is_unset() && region.bytes() > 0)
        evidence.push_back({function.sysfs_path + "/resource",
                            "VF BAR " + std::to_string(region.index - 7) + ": " + size_words(region.bytes()) + ", no address"});
  return evidence;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, room] : host.room.functions) {
    const auto* function = host.find(address);
    if (!function || !room.total_virtual_functions.has_value() || *room.total_virtual_functions == 0) continue;
    any |= function->regions.has_value();
    auto evidence = without_room(*function);
    const auto* line = refused(host, address);
    if (line) evidence.push_back({"kernel log", *line});
    if (evidence.empty()) continue;
    auto finding = check.finding(Status::warn, device_subject(address),
                                 "It can have " + std::to_string(*room.total_virtual_functions) +
                                     " virtual functions, but the firmware left no MMIO room for them: "
                                     "switching them on fails (\"Cannot allocate "
                                     "memory\").");
    finding.evidence = std::move(evidence);
    finding.remedy = {
        {"Switch SR-IOV and \"Above 4G decoding\" on in the firmware's settings (HPE: PCI resource padding), or "
         "update the firmware; where that does not help, let the kernel give out addresses anew "
         "(pci=realloc on its command line).",
         {"sudo dmesg | grep -i sr-iov"},
         {},
         {}}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject,
                                     "Cards that can have virtual "
                                     "functions have room for them."));
  return findings;
}

}  // namespace

Check virtual_function_room_check() { return check; }

}  // namespace vfio_doctor
