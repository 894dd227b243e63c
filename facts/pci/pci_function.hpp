// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/observed.hpp"
#include "facts/pci/regions.hpp"
#include "machine/pci_address.hpp"
#include "machine/pci_identity.hpp"

namespace vfio_doctor {

/// PCI Express device/port type, from the PCI Express capability (PCIe base specification 7.5.3.2).
enum class PcieType {
  endpoint,
  legacy_endpoint,
  root_port,
  upstream_port,
  downstream_port,
  pcie_to_pci_bridge,
  pci_to_pcie_bridge,
  root_complex_endpoint,
  root_complex_event_collector,
  conventional,  ///< no PCI Express capability
};

/// The Access Control Services capability of a function.
struct AcsCapability {
  std::uint16_t supported = 0;  ///< ACS capability register
  std::uint16_t enabled = 0;    ///< ACS control register
};

/// What the configuration space says. Parts that lie behind the 64 bytes a normal user can read are unreadable then.
struct PciConfig {
  Observed<std::uint8_t> header_type;  ///< without the multi-function bit: 0 endpoint, 1 bridge, 2 CardBus
  Observed<bool> multifunction;        ///< bit 7 of the header type register
  Observed<PcieType> pcie_type;
  Observed<AcsCapability> acs;  ///< absent where the function has none
  Observed<bool> function_level_reset;
  /// Base address registers 0 to 5 as they stand; an endpoint's only. Zero: no such register, or none was assigned.
  Observed<std::array<std::uint32_t, 6>> base_addresses;
  bool denied = false;    ///< more than 64 bytes were asked for and not given
  bool all_ones = false;  ///< the function answers nothing: dead or powered off
  /// The vendor reads 0, which no function has: so an empty slot answers on some boards (pci_bus_generic_read_dev_vendor_id() in
  /// drivers/pci/probe.c). Nothing else is known of the function then.
  bool no_vendor = false;
};

/// One PCI function as sysfs shows it.
struct PciFunction {
  PciAddress address;
  std::string sysfs_path;            ///< "/sys/devices/pci0000:00/0000:00:1c.0/0000:03:00.0"
  std::optional<PciAddress> parent;  ///< the bridge above; none on a root bus
  PciIdentity id;
  std::string name;        ///< "Vendor Device" from pci.ids; "Vendor 8086 Device 24f3" where unknown
  std::string class_name;  ///< "Network controller"; "Class 0280" where unknown
  PciConfig config;
  Observed<std::string> driver;    ///< absent: no driver is bound
  Observed<unsigned> iommu_group;  ///< absent: the kernel put it in no group
  Observed<bool> boot_vga;         ///< absent on functions that are no VGA controller
  Observed<std::vector<std::string>> reset_methods;
  Observed<std::string> driver_override;  ///< absent where none is set
  /// "D0", "D3hot", "D3cold", "unknown", "error"; not asked where runtime power management calls it active and it answers.
  Observed<std::string> power_state;
  Observed<std::string> runtime_status;    ///< "active", "suspended", "unsupported"
  Observed<int> numa_node;                 ///< -1: not known to the firmware; absent where the machine has one node only
  Observed<PciAddress> physical_function;  ///< on a virtual function: its physical function
  Observed<std::string> vfio_device;       ///< "vfio3": a VFIO driver holds it (DEVICE/vfio-dev, since Linux 6.1)
  Observed<unsigned> virtual_functions;    ///< sriov_numvfs: how many are enabled; absent where SR-IOV is not there
  /// Not asked of bridges and parts of the chipset that cannot have virtual functions.
  Observed<std::vector<Region>> regions;
  /// Asked of functions on a conventional bus alone: whether it has MSI or MSI-X, and the number of its interrupt line.
  Observed<bool> message_interrupts;
  Observed<unsigned> interrupt_line;
  /// It can be unplugged by its user (behind Thunderbolt or USB4). Asked only where the host has a controller of those.
  Observed<bool> removable = Observed<bool>::absent();

  /// Base class and subclass, "0280" = 0x0280; nothing where the class was not observed.
  std::optional<std::uint16_t> class_and_subclass() const {
    if (!id.class_code.has_value()) return std::nullopt;
    return static_cast<std::uint16_t>(id.class_code.value() >> 8);
  }
  /// The host's controller of Thunderbolt or USB4: through it others are reached (class 0c0340: USB4 host interface).
  bool is_tunnel_controller() const { return id.class_code.is(0x0c0340) || driver.is("thunderbolt"); }
  /// PCI-to-PCI or CardBus bridge: by the header where it could be read, else by the class.
  bool is_bridge() const;
};

}  // namespace vfio_doctor
