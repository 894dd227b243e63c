// SPDX-License-Identifier: GPL-2.0-or-later
// Where people write kernel arguments down, for a tool to carry to the boot entries.
#pragma once

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/boot_files.hpp"

namespace vfio_doctor {

/// Adds what /etc says to `found.settings`. Whether this is Proxmox VE must be known before: it reads its file otherwise.
void read_boot_settings(const Root& root, BootFiles& files, BootConfiguration& found);

}  // namespace vfio_doctor
