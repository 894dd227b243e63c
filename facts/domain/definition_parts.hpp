// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <pugixml.hpp>
#include <string>

namespace vfio_doctor {

/// Told what libvirt refuses about an element, and with which words.
using Refuse = std::function<void(pugi::xml_node, const std::string& what, const std::string& words)>;

/// <mac>, <vlan> and <mtu> of an interface that is, or may become, a function of the host.
void read_interface_parts(pugi::xml_node interface, const Refuse& refuse);

/// <target> and <model> of a PCI controller whose model= libvirt knows.
void read_controller_parts(pugi::xml_node controller, const Refuse& refuse);

/// The IOMMUs among <devices>, and where they may stand.
void read_iommus(pugi::xml_node devices, const Refuse& refuse);

/// <features> of a whole <domain>, as far as its IOMMU wants them.
void read_features(pugi::xml_node domain, const Refuse& refuse);

}  // namespace vfio_doctor
