// SPDX-License-Identifier: GPL-2.0-or-later
#include "checks/group_members.hpp"

#include <algorithm>
#include <array>

#include "facts/text.hpp"

namespace vfio_doctor {

bool leaves_dma_to_user(std::string_view driver) {
  // Drivers below drivers/vfio/pci and pci-stub; some changed between '-' and '_' from one kernel to the next.
  static constexpr std::array<std::string_view, 9> drivers = {
      "vfio_pci",     "mlx5_vfio_pci",        "hisi_acc_vfio_pci", "pds_vfio_pci", "virtio_vfio_pci",
      "qat_vfio_pci", "nvgrace_gpu_vfio_pci", "xe_vfio_pci",       "pci_stub"};
  return std::ranges::find(drivers, normalize_module_name(driver)) != drivers.end();
}

Membership membership(const Host& host, const PciFunction& member) {
  if (!member.is_bridge()) return Membership::endpoint;
  const auto* driver = member.driver.get();
  if (!driver || *driver == "pcieport" || leaves_dma_to_user(*driver)) return Membership::exempt_bridge;
  const auto* version = host.kernel.version.get();
  return version && *version < KernelVersion{5, 19} ? Membership::exempt_bridge : Membership::held_bridge;
}

std::vector<PciAddress> companions_of(const Host& host, const PciFunction& function) {
  std::vector<PciAddress> companions;
  if (!function.iommu_group.has_value()) return companions;
  const auto* group = host.iommu.find_group(function.iommu_group.value());
  if (!group) return companions;
  for (const auto& address : group->members) {
    if (address == function.address) continue;
    const auto* member = host.find(address);
    if (!member || membership(host, *member) != Membership::exempt_bridge) companions.push_back(address);
  }
  return companions;
}

}  // namespace vfio_doctor
