// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <pugixml.hpp>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// Adds to `domain.refused` what libvirt refuses in the text when it defines the domain, whatever the host: values that it does
/// not know, and pairs that exclude each other. Judged is what has to do with assigned devices, and only what is there: a text
/// that somebody cut a piece out of is not complete. `top` is the <domain>, <devices>, or a single device; `line_of` gives
/// the line of an element.
void read_definition(pugi::xml_node top, const std::function<std::size_t(pugi::xml_node)>& line_of, Domain& domain);

}  // namespace vfio_doctor
