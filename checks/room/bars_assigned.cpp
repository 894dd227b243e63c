// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/check.hpp"
#include "checks/kernel/device_words.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"bars-assigned", "Addresses for the memory of devices", 10, run};

std::string name_of(const Region& region) { return region.index == 6 ? "option ROM" : "BAR " + std::to_string(region.index); }

std::string text_of(const Region& region) { return name_of(region) + ": " + size_words(region.bytes()) + ", no address"; }

/// Registers 0 to 5 of memory that nobody found an address for. An option ROM without one is the rule, and of virtual functions
/// another check speaks. The kernel refuses to switch such a device on (pci_enable_resources() in drivers/pci/setup-res.c).
std::vector<Region> without_address(const FunctionRoom& room) {
  std::vector<Region> found;
  if (const auto* regions = room.regions.get())
    std::ranges::copy_if(*regions, std::back_inserter(found), [](const Region& region) {
      return region.index < 6 && region.is_memory() && region.is_unset() && region.bytes() > 0;
    });
  return found;
}

Finding judge(const PciFunction& function, const std::vector<Region>& missing) {
  std::vector<std::string> names;
  for (const auto& region : missing) names.push_back(name_of(region));
  auto finding = check.finding(Status::fail, device_subject(function.address),
                               "Neither firmware nor kernel found an address for its memory (" + join(names, ", ") +
                                   "): the kernel does not "
                               "switch it on, for the host or for a guest.");
  finding.effect = Effect::blocked;
  for (const auto& region : missing) finding.evidence.push_back({function.sysfs_path + "/resource", text_of(region)});
  finding.remedy = {{"Switch \"Above 4G decoding\" on in the firmware's settings, update the firmware, or take another card "
      "out. The kernel can be "
                     "told to give out addresses anew (pci=realloc).", {"sudo dmesg | grep -iE 'BAR|bridge window'"}, {}, {}}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& [address, room] : host.room.functions) {
    const auto* function = host.find(address);
    if (!function || function->physical_function.has_value()) continue;  // a virtual function has none of its own
    any |= room.regions.has_value();
    if (const auto missing = without_address(room); !missing.empty()) findings.push_back(judge(*function, missing));
  }
  if (findings.empty() && any) findings.push_back(check.finding(Status::pass, host_subject, "Every device that was asked has "
      "addresses for its memory."));
  if (findings.empty() && !host.room.functions.empty())
    findings.push_back(check.not_seen("Whether devices have addresses could not be seen.", {"/sys/bus/pci/devices",
        host.room.functions.begin()->second.regions.why()}));
  return findings;
}

}  // namespace

Check bars_assigned_check() { return check; }

}  // namespace vfio_doctor
