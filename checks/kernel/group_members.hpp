// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// How a member stands in the way of its group being viable, that is, of a guest owning the group's DMA.
enum class Membership {
  endpoint,         ///< goes to the guest too, or is left without a host driver
  exempt_bridge,    ///< may keep its driver; also an event collector on pcieport
  held_bridge,      ///< a bridge whose driver does its own DMA: that driver must let go
  doubtful_bridge,  ///< one of the two: its driver, or the rule of this kernel, is not known
};

/// True for drivers that leave DMA ownership to user space (`driver_managed_dma`): VFIO's own, pci-stub and, for
/// bridges, pcieport.
bool leaves_dma_to_user(std::string_view driver);

/// The same for what holds a function now: a driver that registered it with VFIO (DEVICE/vfio-dev, since Linux 6.1,
/// whatever the driver's name: NVIDIA's for virtual GPUs, makers' own), or, where the kernel is older or that was not
/// recorded, one of those names.
bool leaves_dma_to_user(const PciFunction& function);

/// True where a VFIO driver holds it: the same without pci-stub.
bool is_held_by_vfio(const PciFunction& function);

/// Since Linux 5.19 every member counts unless its driver leaves DMA alone (drivers/pci/pci-driver.c
/// pci_dma_configure, drivers/iommu/iommu.c iommu_device_use_default_domain); before, every bridge was exempt
/// (vfio_dev_viable). Either way a bridge on pcieport or without a driver does not count.
Membership membership(const Host& host, const PciFunction& member);

/// No real group comes near this; of a larger one no function is called assignable, and not all companions are named.
inline constexpr std::size_t most_members = 1024;

/// The other members of a function's group that must go to the same guest or be left without a host driver; sorted, and
/// cut short in a group of more than most_members. Not among them: parts of the chipset that no host driver holds, and
/// what lies on the bus that goes with the function (VMD).
std::vector<PciAddress> companions_of(const Host& host, const PciFunction& function);

}  // namespace vfio_doctor
