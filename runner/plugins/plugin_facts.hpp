// SPDX-License-Identifier: GPL-2.0-or-later
// The facts as plugins get them. What each one is called, looks like and means is described in facts_of_*.cpp.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// The groups of facts a plugin can ask for by name: "pci", "iommu", "kernel", ...
std::span<const std::string_view> fact_group_names();

/// One group as compact ASCII JSON (facts_schema()). A fact that is absent is null; one that could not be
/// read is {"unreadable": "why"}. Precondition: `group` is one of fact_group_names().
std::string fact_group_json(const Host& host, std::string_view group);

/// JSON Schema (2020-12) of what a plugin gets on standard input; installed as facts-1.json.
nlohmann::ordered_json facts_schema();
/// The same for people: each fact as "group.member: type" with what it means in the line below.
std::string facts_as_text();

/// One sentence for each struct of Host with a member that is neither described nor withheld: there must be none.
std::vector<std::string> undescribed_facts();

}  // namespace vfio_doctor
