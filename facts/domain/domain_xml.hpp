// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "facts/guest/slot_chain.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {

/// <address> of a device as the guest gets it; `bus` is the index of the controller that makes the bus.
struct GuestAddress {
  std::string type;  ///< "pci", "unassigned", "ccw", ...; empty where nothing is said
  std::uint64_t domain = 0, bus = 0;
  std::uint8_t slot = 0, function = 0;
  bool placed = false;        ///< a PCI address that says where; else libvirt finds a place
  std::string multifunction;  ///< "on", "off" or empty
  std::size_t at = 0;         ///< where the element's name begins in the text; 0: there is none

  std::string text() const;  ///< "0000:01:00.0", as libvirt's messages have it
};

/// A host function that a domain takes from the host.
struct DomainHostdev {
  enum class Origin {
    hostdev,       ///< <hostdev type='pci'>, hostpciN of Proxmox
    interface,     ///< <interface type='hostdev'>, or what a network pool gave (<actual>)
    command_line,  ///< vfio-pci or the nvme block driver on a QEMU command line
    disk,          ///< <disk type='nvme'> or one below it in its backing chain
    network,       ///< <network>: an address of a pool; any domain on that network may get it
  };
  Origin origin = Origin::hostdev;
  PciAddress source;
  bool managed = false;
  bool reaches_guest =
      true;  ///< false: taken from the host, but nothing that the guest sees (<address type='unassigned'/>, a disk)
  std::optional<SlotChain> guest_path;  ///< nothing where the XML gives it no place
  /// Ids that QEMU shows the guest instead of the device's own (x-pci-vendor-id and its like; facts/domain/id_override.cpp).
  std::optional<std::uint16_t> shown_vendor_id, shown_device_id, shown_subsystem_vendor_id, shown_subsystem_device_id;
  bool legacy_vga = false;  ///< x-vga=on: the VGA addresses of the host's chipset go with it
  std::string label;        ///< its alias; may be empty

  std::size_t line = 0;             ///< where it stands, from 1
  bool whole_slot = false;          ///< every function of the slot is meant (Proxmox "0000:03:00"); see expand_slots()
  std::string comment;              ///< a comment right before or in it
  std::string mode, driver, model;  ///< mode=, <driver name=, <driver model=; empty where nothing is said
  bool iommufd = false;             ///< <driver iommufd='yes'/>, <iommufd enabled='yes'/> of the domain, iommufd= of vfio-pci
  bool startup_policy = false;      ///< <source startupPolicy=>, which libvirt takes for USB devices only
  GuestAddress address;
  std::string rom_file;       ///< <rom file=>
  bool rom_disabled = false;  ///< <rom enabled='no'>
  bool rom_bar_given = false;
  std::string expected_id;  ///< "8086:24f3": what a mapping recorded for it; empty where nothing did
  std::optional<std::uint64_t> boot_order;
  bool on_conventional_bus = false;  ///< Proxmox puts it on a conventional PCI bridge of its own (q35 without pcie=1)

  /// Where the names of its elements begin in the text, in bytes; 0: there is none. For corrections.
  struct Spots {
    std::size_t element = 0, source = 0, source_address = 0, driver = 0;
    std::size_t managed = 0;  ///< the element that has managed=
  };
  Spots spots;
};

/// Any other device with a place on a PCI bus of the guest.
struct GuestDevice {
  std::string kind;                    ///< "interface", "controller"
  std::string model;                   ///< of a controller
  std::optional<std::uint64_t> index;  ///< of a PCI controller: the bus it makes
  GuestAddress address;
  std::size_t line = 0;
  std::optional<SlotChain> place;  ///< nothing where the XML gives it none
};

struct DomainUsb {
  std::optional<std::uint16_t> vendor, product;
  std::optional<unsigned> bus, device;
  std::string startup_policy;
  std::size_t line = 0;
};

struct DomainMdev {
  std::string uuid, model;
  std::size_t line = 0;
};

/// Something of the host that the domain opens by its name, and that may stand on a function which it takes.
struct DomainOpens {
  std::string what;  ///< "disk", "input device", "network card", "render node"
  std::string path;  ///< "/dev/disk/by-id/..."; of a card the interface
  std::size_t line = 0;
};

struct DomainNetwork {
  std::string name;
  std::size_t line = 0;
};

/// Something in the text that libvirt or QEMU refuses whatever the host is, or that could not be resolved.
struct DomainRemark {
  std::size_t line = 0;
  std::string what;   ///< a sentence
  std::string words;  ///< what libvirt or QEMU says; may be empty; another version's words follow behind a line end
};

/// An IOMMU that the guest gets: <iommu>, intel-iommu and its like on a QEMU command line, viommu= of Proxmox VE. What is on or off
/// reads so in every form; empty where nothing is said.
struct VirtualIommu {
  std::string model;  ///< "intel", "amd", "smmuv3", "virtio"
  std::string caching_mode, intremap, eim, aw_bits, iotlb, dma_translation;
  std::string accelerated;               ///< accel= of an SMMUv3: the host's translates for it; dma-remap= of AMD's
  std::optional<std::uint64_t> pci_bus;  ///< index of the controller below which it translates; nothing: everywhere
  bool by_qemu = false;                  ///< named on QEMU's own command line: libvirt has no say
  std::size_t line = 0;
  std::size_t at = 0, driver_at = 0;  ///< where the names of <iommu> and its <driver> begin in the text; 0: there is none
};

/// <cpu> of the domain, as far as it decides how many address bits the guest's processor has.
struct GuestProcessor {
  std::string mode;  ///< "host-passthrough", "maximum", "custom"; QEMU's "host" and "max" are the first two
  std::string
      address_mode;  ///< <maxphysaddr mode=>: "passthrough" (QEMU: host-phys-bits), "emulate" (phys-bits); empty: not said
  std::optional<std::uint64_t> address_bits;  ///< its bits= or limit=
  std::optional<std::uint64_t> usable_bits;   ///< guest-phys-bits of QEMU: how many of them firmware is to use
  std::size_t line = 0;
  /// Whether the guest's processor has the address bits of the host's, up to address_bits where that is given: QEMU's models
  /// "host" and "max" do so unless told (target/i386/host-cpu.c host_cpu_adjust_phys_bits()).
  bool has_the_hosts_width() const {
    return address_mode == "passthrough" || (address_mode.empty() && (mode == "host-passthrough" || mode == "maximum"));
  }
};

/// What a domain says about PCI assignment (libvirt, formatdomain "Host device assignment").
struct Domain {
  std::string name;
  std::string file;  ///< what the user called it, for line numbers
  std::vector<DomainHostdev> hostdevs;
  std::vector<std::string> notes;  ///< devices that are assigned in ways which the XML alone does not resolve

  enum class Form { domain, fragment, network, proxmox, command_line, list };
  Form form = Form::domain;
  std::vector<DomainRemark> faults;           ///< refused by libvirt as it stands: sources
  std::vector<DomainRemark> refused;          ///< the same of everything else; see definition.hpp
  std::vector<DomainRemark> refused_by_some;  ///< other versions take it, and which one runs is not known
  std::vector<DomainRemark> unresolved;       ///< more may be taken than is known here
  std::vector<std::pair<std::size_t, std::string>>
      sysfs_paths;  ///< line and path of what `unresolved` tells; see resolve_paths()
  std::vector<std::pair<std::size_t, std::string>> pool_cards;  ///< line and interface of <pf dev=>; see resolve_pools()
  bool pool_is_managed = false;
  std::vector<GuestDevice> guest_devices;
  std::vector<DomainUsb> usb;
  std::vector<DomainMdev> mdevs;
  std::vector<DomainOpens> opens;
  std::vector<DomainNetwork> networks;  ///< of <interface type='network'>
  std::string type;                     ///< "kvm", "qemu", "xen", ...; empty where nothing is said
  std::string machine, architecture, loader;
  GuestProcessor processor;
  std::size_t os_line = 0, os_boot_line = 0, memory_line = 0, hard_limit_line = 0;
  std::vector<std::pair<std::uint64_t, std::size_t>> boot_orders;  ///< <boot order=> of every device, with its line
  std::optional<std::uint64_t> memory_bytes, hard_limit_bytes;
  std::vector<std::pair<std::uint64_t, std::size_t>> host_nodes;  ///< NUMA nodes of the host for its memory, with their line
  bool huge_pages = false;                                        ///< <memoryBacking><hugepages>
  std::optional<std::uint64_t> huge_page_bytes;                   ///< their size; nothing: the host's default; 0: several
  std::vector<VirtualIommu> viommus;                              ///< libvirt takes several SMMUv3s, each with a bus of its own
  std::string io_apic;                          ///< <ioapic driver=>; kernel-irqchip= of QEMU: "split" is "qemu", "on" "kvm"
  std::size_t features_at = 0, io_apic_at = 0;  ///< where the names of these elements begin in the text; 0: there is none
  bool has_no_pci = false;                      ///< QEMU's microvm without pcie=on
  bool is_q35() const { return machine.find("q35") != std::string::npos; }
  bool is_i440fx() const {
    return machine == "pc" || machine.starts_with("pc-i440fx") || machine.starts_with("pc-0.") || machine.starts_with("pc-1.");
  }
  /// pSeries has several root buses, each a host bridge of its own.
  bool is_pseries() const {
    return machine == "pseries" || machine.starts_with("pseries-") || (machine.empty() && architecture.starts_with("ppc64"));
  }
  bool is_for_qemu() const { return type.empty() || type == "kvm" || type == "qemu" || type == "hvf"; }
  /// Whether a function is taken from the host and given to nobody (<address type='unassigned'/>).
  bool only_frees(const PciAddress& address) const;
  bool takes_anything() const {
    return !hostdevs.empty() || !faults.empty() || !refused.empty() || !unresolved.empty() || !usb.empty() || !mdevs.empty() ||
           !networks.empty();
  }
};

/// Among the notes of a domain with an <interface type='network'>; of no use where the networks are known.
inline constexpr const char* pool_note =
    "An <interface type='network'> may take a virtual function from a pool; which one is only "
    "known while the guest runs.";

inline constexpr std::size_t largest_domain_xml = 4 << 20;
inline constexpr std::size_t most_domain_devices = 4096;

/// Reads a domain of libvirt, also the one in a status file or a snapshot, a bare <hostdev>, <interface>, <disk> or <devices>,
/// or a <network> that hands out functions.
/// Throws InputError "NAME: what is wrong" where `text` is none of these or asks too much.
Domain parse_domain_xml(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
