// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/kernel/group_members.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "checks/kernel/chipset_parts.hpp"
#include "checks/kernel/kernel_rules.hpp"

namespace vfio_doctor {

bool leaves_dma_to_user(std::string_view driver) {
  // Drivers below drivers/vfio/pci and pci-stub; some changed between '-' and '_' from one kernel to the next.
  static constexpr std::array<std::string_view, 10> drivers =
      {"vfio_pci",     "mlx5_vfio_pci",        "hisi_acc_vfio_pci", "pds_vfio_pci", "virtio_vfio_pci",
       "qat_vfio_pci", "nvgrace_gpu_vfio_pci", "xe_vfio_pci",       "ism_vfio_pci", "pci_stub"};
  return std::ranges::find(drivers, normalize_module_name(driver)) != drivers.end();
}

bool leaves_dma_to_user(const PciFunction& function) {
  return function.vfio_device.has_value() || (function.driver.has_value() && leaves_dma_to_user(*function.driver));
}

bool is_held_by_vfio(const PciFunction& function) { return leaves_dma_to_user(function) && !function.driver.is("pci-stub"); }

Membership membership(const Host& host, const PciFunction& member) {
  if (!member.is_bridge()) {
    // An event collector is no bridge, but pcieport drives it all the same; only the newer rule looks at the driver alone.
    const bool new_rule = host.kernel.version.has_value() && has_rule_since(host, {5, 19}) == KernelRule::yes;
    return new_rule && member.driver.is("pcieport") ? Membership::exempt_bridge : Membership::endpoint;
  }
  const auto* driver = member.driver.get();
  const bool lets_go = member.driver.is_absent() || (driver && (*driver == "pcieport" || leaves_dma_to_user(member)));
  if (lets_go) return Membership::exempt_bridge;
  switch (has_rule_since(host, {5, 19})) {
    case KernelRule::no:
      return Membership::exempt_bridge;
    case KernelRule::not_known:
      return Membership::doubtful_bridge;
    case KernelRule::yes:
      break;
  }
  return driver ? Membership::held_bridge : Membership::doubtful_bridge;
}

namespace {

/// Below a VMD controller lies a bus of its own, which goes when the controller's driver does (vmd_remove() in
/// drivers/pci/controller/vmd.c).
bool lies_below(const Host& host, const PciFunction& member, const PciAddress& controller) {
  auto above = member.parent;
  for (int depth = 0; above && depth < 64; ++depth) {
    if (*above == controller) return true;
    const auto* bridge = host.find(*above);
    above = bridge ? bridge->parent : std::nullopt;
  }
  return false;
}

/// A part of the chipset that no host driver holds stands in nobody's way, and nobody gives it to a guest.
bool is_idle_chipset(const PciFunction& member) {
  return chipset_part(member) && (member.driver.is_absent() || leaves_dma_to_user(member));
}

}  // namespace

std::vector<PciAddress> companions_of(const Host& host, const PciFunction& function) {
  std::vector<PciAddress> companions;
  if (!function.iommu_group.has_value()) return companions;
  const auto* group = host.iommu.find_group(function.iommu_group.value());
  if (!group) return companions;
  for (const auto& address : group->members) {
    if (companions.size() == most_members) break;
    if (address == function.address) continue;
    const auto* member = host.find(address);
    if (member && (membership(host, *member) == Membership::exempt_bridge || is_idle_chipset(*member) ||
                   (address.domain != function.address.domain && lies_below(host, *member, function.address))))
      continue;
    companions.push_back(address);
  }
  return companions;
}

}  // namespace vfio_doctor
