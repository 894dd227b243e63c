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

/// Proxmox VE's /etc/pve/qemu-server/NNN.conf: hostpciN, args, memory, as they count at the next start: with what
/// waits under [PENDING], without snapshots.
Domain parse_proxmox_configuration(const std::string& text, const std::string& name, const Root& root);

/// The devices of an Incus or LXD instance (pci, gpu, nic), "deviceName:" of KubeVirt. `root` tells which function a network
/// interface stands on.
Domain parse_device_list(const std::string& text, const std::string& name, const Root& root);

/// Replaces paths in sysfs that a text names (sysfsdev=/sys/class/net/eno1/device) by the functions that they lead to.
void resolve_paths(Domain& domain, const Root& root);

/// Replaces the cards that a network's pool names (<pf dev=>) by the virtual functions that they have on this host now.
void resolve_pools(Domain& domain, const Root& root);

}  // namespace vfio_doctor
