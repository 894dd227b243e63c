// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "facts/guest/slot_chain.hpp"
#include "machine/pci_address.hpp"

namespace vfio_doctor {

/// A host function that a libvirt domain takes from the host.
struct DomainHostdev {
  enum class Origin {
    hostdev,       ///< <hostdev type='pci'>
    interface,     ///< <interface type='hostdev'>
    command_line,  ///< vfio-pci on <qemu:commandline>
    disk,          ///< <disk type='nvme'>
  };
  Origin origin = Origin::hostdev;
  PciAddress source;
  bool managed = false;
  bool reaches_guest = true;  ///< false: taken from the host, but nothing that the guest sees (<address type='unassigned'/>, a disk)
  std::optional<SlotChain> guest_path;  ///< nothing where the XML gives it no place
  /// Ids that QEMU shows the guest instead of the device's own (x-pci-vendor-id and its like; facts/domain/id_override.cpp).
  std::optional<std::uint16_t> shown_vendor_id, shown_device_id, shown_subsystem_vendor_id, shown_subsystem_device_id;
  std::string label;                    ///< its alias or comment; may be empty
};

/// What a domain's XML says about PCI assignment (libvirt, formatdomain "Host device assignment").
struct Domain {
  std::string name;
  std::vector<DomainHostdev> hostdevs;
  std::vector<std::string> notes;  ///< devices that are assigned in ways which the XML alone does not resolve
};

inline constexpr std::size_t largest_domain_xml = 4 << 20;

/// Throws InputError "NAME: what is wrong" where `text` is no domain XML or an address in it is none.
Domain parse_domain_xml(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
