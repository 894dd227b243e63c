// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/boot/boot_configuration.hpp"

namespace vfio_doctor {

BootConfiguration gather_boot_configuration(const Root&) { return {}; }

}  // namespace vfio_doctor
