// SPDX-License-Identifier: GPL-2.0-or-later
// Device files and interfaces of the host that a domain opens: they are gone once it takes the function that they stand on.
#pragma once

#include <cstddef>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "facts/domain/domain_xml.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What one element below <devices> opens: a disk, an evdev input, an interface with a card of its own below it, a render node.
void read_opened_by_element(pugi::xml_node device, std::size_t line, Domain& domain);

/// Notes `path` where it is a device file.
void note_opened(const std::string& what, const std::string& path, std::size_t line, Domain& domain);

/// The functions without which it is not there; empty where it stands on none, or is not there now.
std::vector<PciAddress> functions_of_opened(const Root& root, const DomainOpens& opened);

}  // namespace vfio_doctor
