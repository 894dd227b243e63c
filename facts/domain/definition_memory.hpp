// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <pugixml.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "facts/domain/definition_parts.hpp"

namespace vfio_doctor {

/// What a whole <domain> says of its guest's memory and NUMA nodes. `refuse_by_some`: what other versions take.
void read_guest_memory(pugi::xml_node domain, std::string_view architecture, const Refuse& refuse,
                       const Refuse& refuse_by_some);

/// The NUMA nodes of the host that <numatune> names.
void read_host_nodes(pugi::xml_node domain, const std::function<std::size_t(pugi::xml_node)>& line_of,
                     std::vector<std::pair<std::uint64_t, std::size_t>>& nodes);

}  // namespace vfio_doctor
