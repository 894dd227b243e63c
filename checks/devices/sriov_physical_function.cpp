// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include "checks/advice/binding_remedy.hpp"
#include "checks/check.hpp"
#include "checks/kernel/group_members.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"sriov-physical-function", "Physical functions with virtual functions", 30, run};

Finding count_not_read(const PciFunction& function) {
  auto finding = check.finding(Status::unknown, device_subject(function.address),
                               "Whether it has virtual functions enabled could not be read; vfio-pci does not take it while "
                               "they are there.");
  finding.effect = Effect::blocked;
  finding.evidence = {{function.sysfs_path + "/sriov_numvfs", function.virtual_functions.why()}};
  return finding;
}

/// vfio-pci made the functions itself (enable_sriov): it has the card already, and gives it out while no virtual function
/// is open (vfio_pci_validate_vf_token in drivers/vfio/pci/vfio_pci_core.c).
/// "1 virtual function", "16 virtual functions"
std::string functions_words(unsigned count) {
  return std::to_string(count) + (count == 1 ? " virtual function" : " virtual functions");
}

Finding held_with_functions(const PciFunction& function) {
  auto finding = check.finding(Status::warn, device_subject(function.address),
                               "vfio-pci holds it with " + functions_words(*function.virtual_functions) +
                                   " enabled: it can be given while none of them is open, and whoever has it decides about "
                                   "them.");
  finding.evidence = {{function.sysfs_path + "/sriov_numvfs", std::to_string(function.virtual_functions.value())},
                      {function.sysfs_path + "/driver",
                       function.driver.has_value() ? *function.driver : function.driver.why()}};
  return finding;
}

/// In one group with its physical function, whose driver would have to let go first: with that driver the virtual
/// functions go, too (pci_disable_sriov() in the driver's remove).
std::optional<Finding> goes_with_its_group(const PciFunction& function, const PciFunction& physical) {
  const bool one_group = function.iommu_group.has_value() && physical.iommu_group.is(*function.iommu_group);
  if (!one_group || leaves_dma_to_user(physical)) return std::nullopt;
  auto finding = check.finding(Status::fail, device_subject(function.address),
                               "It shares its group with its physical function " + named(physical.address) +
                                   ", which the "
                                   "host's driver " +
                                   *physical.driver +
                                   " holds: the group is free only without that driver, and "
                                   "without it the virtual functions are gone.");
  finding.effect = Effect::blocked;
  finding.evidence = {{physical.sysfs_path + "/driver", *physical.driver},
                      {function.sysfs_path + "/iommu_group", std::to_string(*function.iommu_group)}};
  finding.remedy = {{"A slot or firmware switch with Access Control Services keeps them apart (ACS, ARI).", {}, {}, {}}};
  return finding;
}

/// Virtual functions that vfio-pci itself made, with a user's program behind the physical function, open only for who
/// knows its token (vfio_pci_validate_vf_token in drivers/vfio/pci/vfio_pci_core.c, since Linux 5.7).
std::optional<Finding> judge_virtual_function(const Host& host, const PciFunction& function) {
  const auto* address = function.physical_function.get();
  const auto* physical = address ? host.find(*address) : nullptr;
  if (!physical || !physical->driver.has_value() || *physical->driver == "pci-stub") return std::nullopt;
  if (!is_held_by_vfio(*physical)) return goes_with_its_group(function, *physical);
  auto finding = check.finding(Status::fail, device_subject(function.address),
                               "Its physical function " + named(*address) + " is held by " + *physical->driver +
                                   ": VFIO opens it only for a program that names the token (a UUID) which the user of that "
                                   "function has set (\"VF token required to access device\").");
  finding.effect = Effect::blocked;
  finding.evidence = {{physical->sysfs_path + "/driver", *physical->driver}};
  finding.remedy = {{"Give the physical function back to its host driver, and let that make the virtual functions.",
                     {},
                     {},
                     "Whoever uses the physical function or the virtual functions now loses them."}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  std::vector<Finding> findings;
  bool any = false;
  for (const auto& function : host.all_functions()) {
    if (auto finding = judge_virtual_function(host, function)) findings.push_back(std::move(*finding));
    if (function.virtual_functions.is_unreadable()) findings.push_back(count_not_read(function));
    if (!function.virtual_functions.has_value()) continue;
    any = true;
    if (function.virtual_functions.value() == 0) continue;
    if (is_held_by_vfio(function)) {
      findings.push_back(held_with_functions(function));
      continue;
    }
    const auto address = function.address.text();
    const auto path = "/sys/bus/pci/devices/" + address + "/sriov_numvfs";
    const auto count = std::to_string(function.virtual_functions.value());
    auto finding =
        check.finding(Status::fail, address,
                      "It has " + functions_words(*function.virtual_functions) +
                          " enabled: vfio-pci does not take it while they are "
                          "there (\"Cannot bind to PF with SR-IOV enabled\"). Assign the virtual functions instead.");
    finding.effect = Effect::blocked;
    finding.evidence = {{path, count}};
    finding.remedy = {set_virtual_functions(function.address, *function.virtual_functions, 0)};
    finding.remedy.front().text = "To assign the whole card, switch its virtual functions off first.";
    findings.push_back(finding);
  }
  if (findings.empty() && any)
    findings.push_back(check.finding(Status::pass, host_subject, "No card has virtual functions enabled."));
  return findings;
}

}  // namespace

Check sriov_physical_function_check() { return check; }

}  // namespace vfio_doctor
