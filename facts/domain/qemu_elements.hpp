// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <pugixml.hpp>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// <commandline>, <override> and <capabilities> of QEMU in a <domain>, in any spelling of the namespace.
void read_qemu_elements(pugi::xml_node domain_node, const std::function<std::size_t(pugi::xml_node)>& line_of, Domain& domain);

}  // namespace vfio_doctor
