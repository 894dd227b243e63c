// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <pugixml.hpp>
#include <string_view>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// Fills in the ids that a <domain> makes QEMU show instead of a device's own: <qemu:override> (libvirt, kbase
/// "QEMU command-line passthrough") and "-set device.ALIAS.x-pci-device-id=...". Others stay as they are.
void read_id_overrides(pugi::xml_node domain_node, Domain& domain);

/// One property of vfio-pci ("x-pci-device-id", "0x24f0"); one that changes no id does nothing.
void show_other_id(DomainHostdev& device, std::string_view property, std::string_view value);

}  // namespace vfio_doctor
