// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "checks/kernel/early_binding.hpp"

namespace vfio_doctor {

/// early_binding() for an image that booster made. Its program loads the modules of its own list and those of the devices that it
/// finds, all of them side by side: one waits for another only where booster.init.yaml says so. It knows options, and neither
/// softdep, blacklist nor install lines of modprobe.d (booster 0.13: init/module.go, init/main.go, generator/kmod.go).
EarlyBinding booster_binding(const Host& host, const InitialImage& image);

}  // namespace vfio_doctor
