// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_configuration.hpp"

namespace vfio_doctor {

const BootSetting* BootConfiguration::find_setting(BootSettingKind kind) const {
  for (const auto& setting : settings)
    if (setting.kind == kind) return &setting;
  return nullptr;
}

BootConfiguration gather_boot_configuration(const Root&) { return {}; }

}  // namespace vfio_doctor
