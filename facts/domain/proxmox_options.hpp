// SPDX-License-Identifier: GPL-2.0-or-later
// Lines of Proxmox VE's NNN.conf that have options of their own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// The value of `key` among "A,KEY=VALUE,..."; empty where it is not there.
std::string proxmox_option(std::string_view text, std::string_view key);

/// What stands without a key or behind `key` (PVE::JSONSchema, default_key): "q35,viommu=intel", "type=q35".
std::string proxmox_default(std::string_view text, std::string_view key);

/// "1", "on", "yes", "true" (PVE::JSONSchema, parse_boolean()).
bool proxmox_is_on(const std::string& value);

/// What stands behind "hostpciN:".
struct ProxmoxDeviceLine {
  std::string host;                  ///< the address without a key, or behind host=
  std::string refused;               ///< Proxmox' words where it does not understand the line, and leaves it out with a warning
  std::vector<std::string> unknown;  ///< options that are not known here
};

/// Blanks are no part of an option, each is there once, and what has no key is the host's address, wherever it stands (pve-common,
/// PVE/JSONSchema.pm, parse_property_string(), check_type(); qemu-server, PVE/QemuServer/PCI.pm, $PCIRE; PVE/QemuServer.pm,
/// parse_vm_config()).
ProxmoxDeviceLine proxmox_device_line(std::string_view value);

/// "q35,viommu=intel,aw-bits=39". What Proxmox refuses becomes a fault (qemu-server 9, PVE/QemuServer/Machine.pm,
/// assert_valid_machine_property(); QemuServer.pm makes the IOMMU with interrupt remapping and caching mode).
void read_proxmox_machine(std::string_view value, std::size_t line, Domain& domain);

/// "host,flags=+aes,phys-bits=39"; what args: says of -cpu stands behind it on QEMU's command line, and counts.
void read_proxmox_processor(std::string_view value, std::size_t line, Domain& domain);

/// romfile=, driver= and the ids of a hostpciN that stands for `device`. `first`: the first function of a slot or list; Proxmox gives
/// QEMU a ROM and other ids for that one only (PCI.pm, print_hostpci_devices()).
void read_proxmox_device(std::string_view value, bool first, DomainHostdev& device);

}  // namespace vfio_doctor
