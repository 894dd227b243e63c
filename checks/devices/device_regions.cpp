// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"device-regions", "Memory regions of devices", 25, run};

std::string numbers(const std::vector<unsigned>& regions) {
  std::string text;
  for (const auto region : regions) text += (text.empty() ? "" : ", ") + std::to_string(region);
  return text;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any_read = false;
  for (const auto& function : host.all_functions()) {
    const auto unassigned = unassigned_regions(function.regions);
    any_read |= unassigned.has_value();
    if (!unassigned.has_value() || unassigned->empty()) continue;
    auto finding =
        check.finding(Status::fail, device_subject(function.address),
                      "The firmware and the kernel found no room for its memory (BAR " + numbers(unassigned.value()) +
                          "): VFIO cannot "
                          "switch it on (\"not assigned; can't enable device\").");
    finding.effect = Effect::blocked;
    finding.evidence = {{function.sysfs_path + "/resource", "BAR " + numbers(unassigned.value()) + ": a size and no address"}};
    finding.remedy = {
        {"Switch on \"Above 4G Decoding\" in the firmware setup (also: Memory Mapped I/O above 4GB; with it \"Resizable BAR\" "
         "may be tried off), then reboot. Where there is no such switch, the kernel argument pci=realloc lets Linux try.",
         {},
         {},
         "With Above 4G Decoding on, some old cards and systems of 32 bits do not start; the switch goes back."}};
    findings.push_back(std::move(finding));
  }
  if (findings.empty() && any_read)
    findings.push_back(
        check.finding(Status::pass, host_subject, "Every memory region of a device that was read has an address."));
  return findings;
}

}  // namespace

Check device_regions_check() { return check; }

}  // namespace vfio_doctor
