// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// The groups of facts a plugin can ask for by name: "pci", "iommu", "kernel", ...
std::span<const std::string_view> fact_group_names();

/// One group as compact ASCII JSON (docs/schema/facts-1.json). A fact that is absent is null; one that could not be
/// read is {"unreadable": "why"}. Precondition: `group` is one of fact_group_names().
std::string fact_group_json(const Host& host, std::string_view group);

}  // namespace vfio_doctor
