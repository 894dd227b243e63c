// SPDX-License-Identifier: GPL-2.0-or-later
// What early_binding() and booster_binding() share.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

std::string_view name_of(ImageTool tool);
std::optional<ImageTool> tool_of(const ModuleList& list);
bool names_vfio_pci(const std::vector<std::string>& words);
bool puts_vfio_before(const ModprobeLine& line);
std::string all_ids(const Host& host);
bool is_named(const PciFunction& function, const std::string& ids);
std::vector<std::string_view> likely_modules(const PciFunction& function);
Evidence image_evidence(const InitialImage& image);

}  // namespace vfio_doctor
