// SPDX-License-Identifier: GPL-2.0-or-later
// What booster's program in an initial RAM disk is told about modules. Sources: booster 0.13, init/config.go (the form), init/module.go and
// init/main.go (what it does with it), generator/kmod.go (what it is made from).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/observed.hpp"
#include "facts/iommu/modprobe.hpp"
#include "facts/modules/modules.hpp"

namespace vfio_doctor {

inline const std::string booster_settings_path = "/etc/booster.init.yaml";

/// Of that file what matters here, in the words of modprobe.d(5), a line each, behind a line "#": "load vfio_pci" (ModulesForceLoad), "options vfio_pci
/// ids=..." (ModprobeOptions, those of VFIO alone), "softdep nouveau pre: vfio_pci" (ModuleDependencies that name vfio-pci). The rest,
/// keys and hashes among it, is left out. Unreadable where it is YAML of another form than booster writes.
Observed<std::string> booster_digest(std::string_view yaml);

/// Takes the lines of a digest in. False where it is none: recordings that older versions made hold an empty text instead.
bool read_booster_digest(std::string_view digest, ModprobeConfig& modprobe, std::vector<ModuleList>& loads);

}  // namespace vfio_doctor
