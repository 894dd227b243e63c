// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "snapshot/text_redactor.hpp"

namespace vfio_doctor {

/// PCI configuration space with another Device Serial Number (PCI Express base specification 7.9.3); it is often made
/// of the MAC address.
std::string redact_pci_config(std::string bytes, Pseudonyms& pseudonyms);

/// An EFI variable: UTF-16 text; in boot entries also the ids of partitions and MAC addresses of device paths.
std::string redact_efi_variable(const std::string& name, std::string bytes, const TextRedactor& text, Pseudonyms& pseudonyms);

/// Any other bytes: text inside is replaced by text of the same length.
std::string redact_binary(std::string bytes, const TextRedactor& text);

}  // namespace vfio_doctor
