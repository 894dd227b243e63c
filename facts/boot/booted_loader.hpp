// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "facts/boot/boot_configuration.hpp"

namespace vfio_doctor {

struct BootedLoader {
  BootLoader loader = BootLoader::unknown;
  std::string reason;                         ///< see BootConfiguration::loader_reason
  std::optional<std::string> selected_entry;  ///< see BootConfiguration::selected_entry
  std::optional<std::string> default_entry;   ///< the firmware's own, where that starts next
};

/// Which program booted this host: from what it left on the command line (GRUB's BOOT_IMAGE=), from the EFI
/// variables of the Boot Loader Interface, and only where neither speaks from the one configuration that
/// `found` holds.
BootedLoader find_booted_loader(const Root& root, const BootConfiguration& found);

/// An EFI variable of the Boot Loader Interface as text: "LoaderInfo" -> "systemd-boot 255".
Observed<std::string> read_loader_variable(const Root& root, const std::string& name);

}  // namespace vfio_doctor
