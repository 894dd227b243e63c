// SPDX-License-Identifier: GPL-2.0-or-later
// The groups "pci" and "iommu".
#include "checks/kernel/iommu_state.hpp"
#include "runner/plugins/facts_of_host.hpp"

namespace vfio_doctor {

template <>
struct Words<PcieType> {
  static constexpr auto list = std::to_array<Word<PcieType>>({
      {PcieType::endpoint, "endpoint"},
      {PcieType::legacy_endpoint, "legacy-endpoint"},
      {PcieType::root_port, "root-port"},
      {PcieType::upstream_port, "upstream-port"},
      {PcieType::downstream_port, "downstream-port"},
      {PcieType::pcie_to_pci_bridge, "pcie-to-pci-bridge"},
      {PcieType::pci_to_pcie_bridge, "pci-to-pcie-bridge"},
      {PcieType::root_complex_endpoint, "root-complex-endpoint"},
      {PcieType::root_complex_event_collector, "root-complex-event-collector"},
      {PcieType::conventional, "conventional"},
  });
};

template <>
struct Description<AcsCapability> {
  static Members<AcsCapability> members() {
    return {
        hex_member<4>("supported", "The capability register.", &AcsCapability::supported),
        hex_member<4>("enabled", "The control register.", &AcsCapability::enabled),
    };
  }
};

/// What configuration space says, the serial number among it.
Member<PciFunction> config_facts() {
  using S = PciFunction;
  using Config = PciConfig;
  return grouped<S>("config", "What configuration space says.",
                    {
                        member("header_type", "0 endpoint, 1 bridge, 2 CardBus; without the multi-function bit.", &S::config,
                               &Config::header_type),
                        member("multifunction", "Bit 7 of the header type register.", &S::config, &Config::multifunction),
                        member("pcie_type",
                               "Device/port type of the PCI Express capability; \"conventional\" without that capability.",
                               &S::config, &Config::pcie_type),
                        member("acs", "Registers of the Access Control Services capability; null: the function has none.",
                               &S::config, &Config::acs),
                        member("function_level_reset", "It can be reset by itself (FLR).", &S::config,
                               &Config::function_level_reset),
                        member("serial", "Device Serial Number, as 00-11-22-33-44-55-66-77; null: it has none.", &S::id,
                               &PciIdentity::serial),
                        member("all_ones", "It answers nothing: dead or powered off.", &S::config, &Config::all_ones),
                        member("no_vendor", "It names no vendor, as an empty slot does.", &S::config, &Config::no_vendor),
                        withheld(&S::config, &Config::base_addresses, "its file \"resource\" has them with their sizes"),
                        withheld(&S::config, &Config::denied, "each member that this hides is unreadable and says so"),
                    });
}

template <>
struct Description<PciFunction> {
  using S = PciFunction;
  static Members<S> members() {
    return {
        member("address", "Where it sits.", &S::address),
        member("sysfs_path", "Its directory below /sys/devices.", &S::sysfs_path),
        member("parent", "The bridge above; null on a root bus.", &S::parent),
        hex_member<4>("vendor_id", "Vendor.", &S::id, &PciIdentity::vendor),
        hex_member<4>("device_id", "Device.", &S::id, &PciIdentity::device),
        hex_member<4>("subsystem_vendor_id", "Vendor of the card.", &S::id, &PciIdentity::subsystem_vendor),
        hex_member<4>("subsystem_device_id", "Model of the card.", &S::id, &PciIdentity::subsystem_device),
        hex_member<6>("class", "Base class, subclass and programming interface.", &S::id, &PciIdentity::class_code),
        hex_member<2>("revision", "Revision.", &S::id, &PciIdentity::revision),
        member("name", "Vendor and device by pci.ids; \"Vendor 8086 Device 24f3\" where it does not know them.", &S::name),
        member("class_name", "Class by pci.ids.", &S::class_name),
        computed<S>("is_bridge", "PCI-to-PCI or CardBus bridge.", [](const S& function) { return function.is_bridge(); }),
        member("driver", "The driver bound to it; null: none.", &S::driver),
        member("iommu_group", "Its IOMMU group; null: the kernel put it in none.", &S::iommu_group),
        member("boot_vga", "The firmware's boot display; null: no VGA controller.", &S::boot_vga),
        member("reset_methods", "How the kernel can reset it, in the order in which it tries.", &S::reset_methods),
        member("driver_override", "The one driver that may bind it; null: none is set.", &S::driver_override),
        member("power_state", "D0, D3hot, D3cold, unknown or error; not asked where runtime_status is active and it answers.",
               &S::power_state),
        member("runtime_status", "Runtime power management: active, suspended, unsupported, ...", &S::runtime_status),
        member("numa_node", "-1: the firmware does not say; null: the machine has only one node, so nothing is near or far.",
               &S::numa_node),
        member("physical_function", "On a virtual function: its physical function.", &S::physical_function),
        member("virtual_functions", "How many are enabled; null: it cannot have any.", &S::virtual_functions),
        config_facts(),
        member("vfio_device",
               "vfio3: a VFIO driver holds it; null: none does, or the kernel is older than Linux 6.1 and does not say.",
               &S::vfio_device),
        computed<S>(
            "unassigned_regions",
            "Numbers of the memory regions (BARs) that have a size and no address; not asked of bridges and parts of the "
            "chipset.",
            [](const S& function) { return unassigned_regions(function.regions); }, &S::regions),
        member("message_interrupts", "It has MSI or MSI-X; asked of functions on a conventional bus alone.",
               &S::message_interrupts),
        member("interrupt_line", "Number of its interrupt line; asked of functions on a conventional bus alone.",
               &S::interrupt_line),
        member("removable", "Its user can unplug it (Thunderbolt, USB4); null: not so, or the host has no such controller.",
               &S::removable),
    };
  }
};

template <>
struct Description<DeviceMemory> {
  using S = DeviceMemory;
  static Members<S> members() {
    return {
        member("name", "dax0.0, virtio3.", &S::name),
        member("source", "The entry of its driver.", &S::source),
        member("functions", "What it lies on; empty: it could not be followed.", &S::functions),
    };
  }
};

template <>
struct Description<HostMemoryFacts> {
  using S = HostMemoryFacts;
  static Members<S> members() {
    return {
        member("devices", "Memory on devices that the host uses as its own; null: there is none.", &S::devices),
        text_or_null("unread", "Why there may be more; null: there is not.", &S::unread),
    };
  }
};

Member<Host> pci_facts() {
  return grouped<Host>("pci", "The PCI functions.",
                       {member("functions", "Sorted by address; null: there is no PCI bus.", &Host::functions),
                        member("host_memory", "Which of them hold memory of the host.", &Host::memory)});
}

// ---- iommu -----------------------------------------------------------------------------------------------------------

template <>
struct Words<Switch> {
  static constexpr auto list =
      std::to_array<Word<Switch>>({{Switch::on, "on"}, {Switch::off, "off"}, {Switch::unknown, "unknown"}});
};

template <>
struct Description<ReservedRegion> {
  static Members<ReservedRegion> members() {
    return {
        hex_member<16>("start", "First address.", &ReservedRegion::start),
        hex_member<16>("end", "Last address.", &ReservedRegion::end),
        member("type", "direct, direct-relaxable, reserved or msi.", &ReservedRegion::type),
    };
  }
};

template <>
struct Description<IommuGroup> {
  using S = IommuGroup;
  static Members<S> members() {
    return {
        member("id", "The group's number.", &S::number),
        member("name", "\"vfio-noiommu\" where VFIO made the group itself.", &S::name),
        member("type", "DMA, DMA-FQ, identity, blocked, unmanaged.", &S::type),
        member("reserved_regions", "Addresses that a guest's memory cannot use.", &S::reserved_regions),
        member("members", "The PCI functions in it, sorted.", &S::members),
        member("other_members", "Devices in it that are no PCI functions.", &S::other_members),
        text_or_null("members_doubt", "Why it may have more members than these; null: it has no others.", &S::members_doubt),
        member("other_drivers", "For each of other_members its driver; null: none is bound.", &S::other_drivers),
    };
  }
};

template <>
struct Description<IommuUnit> {
  using S = IommuUnit;
  static Members<S> members() {
    return {
        member("name", "dmar0, ivhd0, smmu3.0x...", &S::name),
        member("capabilities", "Hexadecimal, as the kernel shows it: Intel's and AMD's \"cap\".", &S::capabilities),
        member("extended_capabilities", "Hexadecimal, as the kernel shows it: Intel's \"ecap\", AMD's \"features\".",
               &S::extended_capabilities),
        member("coherent", "Arm with a device tree: DMA through it sees the processor's caches; null elsewhere.", &S::coherent),
        member("devices", "Names of the devices that it translates for.", &S::devices),
    };
  }
};

Member<Host> iommu_facts() {
  return grouped<Host>("iommu", "The IOMMU and its groups, as the kernel made them.",
                       {
                           computed<Host>("dma_remapping", "Whether the IOMMU translates what devices address.", dma_remapping),
                           computed<Host>("interrupt_remapping", "Whether the interrupts of devices are isolated.",
                                          interrupt_remapping),
                           member("interrupt_chips", "The chips that /proc/interrupts names, in order of appearance.",
                                  &Host::interrupts, &InterruptFacts::chips),
                           member("units", "The remapping units; null: the kernel has no such class.", &Host::iommu,
                                  &IommuFacts::units),
                           member("groups", "Sorted by number; null: the kernel has none.", &Host::iommu, &IommuFacts::groups),
                       });
}

}  // namespace vfio_doctor
