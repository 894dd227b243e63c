// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"interrupt-line", "Devices that pull an interrupt line", 35, run};

enum class Sharing { alone, shared, not_known };

/// Who else takes the function's line now. A driver of the host on the function is one of the names itself; VFIO takes the line
/// when a guest starts.
Sharing sharing_of(const Host& host, const PciFunction& function) {
  const auto* line = function.interrupt_line.get();
  if (!line || *line == 0 || !host.interrupts.chips.has_value()) return Sharing::not_known;
  const auto takers = host.interrupts.takers.find(*line);
  if (takers == host.interrupts.takers.end()) return Sharing::alone;
  if (takers->second.find(',') != std::string::npos) return Sharing::shared;
  const bool own = function.driver.has_value() && !is_held_by_vfio(function);
  if (function.driver.is_unreadable()) return Sharing::not_known;
  return own || host.interrupts.taken_by_vfio.contains(function.address) ? Sharing::alone : Sharing::shared;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  for (const auto& function : host.all_functions()) {
    if (!function.message_interrupts.is(false)) continue;
    const auto sharing = sharing_of(host, function);
    const auto status = sharing == Sharing::alone ? Status::pass : sharing == Sharing::shared ? Status::warn : Status::unknown;
    const std::string last =
        sharing == Sharing::alone ? "which no other device of the host takes."
        : sharing == Sharing::shared
            ? "which others take, too: unless the device can hold its interrupt back (most from before PCI 2.3 cannot), "
              "VFIO needs the line alone and the guest does not start (\"Device or resource busy\")."
            : "and whether others take the line could not be seen; some devices need it alone.";
    auto finding = check.finding(status, device_subject(function.address),
                                 "It has no message interrupts (MSI) and pulls an interrupt line, " + last);
    const auto* line = function.interrupt_line.get();
    const auto takers = line ? host.interrupts.takers.find(*line) : host.interrupts.takers.end();
    finding.evidence = {{function.sysfs_path + "/config", "no MSI and no MSI-X capability"},
                        {function.sysfs_path + "/irq", line ? std::to_string(*line) : function.interrupt_line.why()}};
    if (takers != host.interrupts.takers.end())
      finding.evidence.push_back({"/proc/interrupts", std::to_string(*line) + ": " + takers->second});
    if (status != Status::pass)
      finding.remedy = {
          {"Try it. If the guest does not start, unload the drivers of the others on the line, or put the card into another "
           "slot.",
           {line ? "grep -w '" + std::to_string(*line) + ":' /proc/interrupts"
                 : "lspci -v -s " + function.address.text() + " | grep -o 'IRQ [0-9]*'; cat /proc/interrupts"},
           {},
           {}}};
    if (status != Status::pass && !line) {
      finding.remedy.front().device = finding.subject;
      finding.remedy.front().form = "the line's number first";
    }
    findings.push_back(std::move(finding));
  }
  return findings;
}

}  // namespace

Check interrupt_line_check() { return check; }

}  // namespace vfio_doctor
