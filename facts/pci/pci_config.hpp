// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

/// Decodes configuration space: 64 bytes (what a normal user gets), 256 or 4096. What lies behind the bytes that are
/// there is unreadable, never "absent". Capability lists may loop or point anywhere: every step is bounded.
PciConfig decode_pci_config(std::string_view bytes);

/// False where the first 64 bytes are all ones: what a read returns when no device takes it.
bool answers(std::string_view bytes);

/// Whether the function can send messages instead of pulling an interrupt line: it has MSI or MSI-X. Unreadable where fewer
/// than 256 bytes were given.
Observed<bool> has_message_interrupts(std::string_view bytes);

/// The Device Serial Number in the same bytes; `config` is what decode_pci_config() made of them.
Observed<std::string> decode_serial(std::string_view bytes, const PciConfig& config);

}  // namespace vfio_doctor
