// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/domain/domain_xml.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A domain in any form that this program reads, told apart by the text: XML of libvirt, NNN.conf of Proxmox VE, a QEMU command
/// line, the device lists of Incus and KubeVirt. `root` resolves what the text leaves to the host: mappings of Proxmox, and
/// the functions of a slot that is named as a whole.
/// Throws InputError "NAME: what is wrong".
Domain parse_domain(const std::string& text, const std::string& name, const Root& root);

/// Proxmox VE's /etc/pve/qemu-server/NNN.conf: hostpciN, args, memory; up to the first section (a snapshot).
Domain parse_proxmox_configuration(const std::string& text, const std::string& name, const Root& root);

/// Lines "pci: ADDRESS" and "address: ADDRESS" of an Incus or LXD instance, "deviceName:" of KubeVirt.
Domain parse_device_list(const std::string& text, const std::string& name);

}  // namespace vfio_doctor
