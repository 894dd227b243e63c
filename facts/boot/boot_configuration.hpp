// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts/root/root.hpp"

namespace vfio_doctor {

struct BootConfiguration {};

BootConfiguration gather_boot_configuration(const Root& root);

}  // namespace vfio_doctor
