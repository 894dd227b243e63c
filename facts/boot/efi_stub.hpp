// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "facts/boot/boot_configuration.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What an EFI variable Boot#### says (UEFI specification 2.10, section 3.1.3, EFI_LOAD_OPTION; four bytes of attributes stand
/// before it in efivarfs).
struct LoadOption {
  std::string description;  ///< characters beyond ASCII are '?'
  std::string words;        ///< the optional data, where it is text: what a kernel started this way gets as command line
};

/// Nothing where the bytes are no load option. `words` is empty where the optional data is no UTF-16 text.
std::optional<LoadOption> parse_load_option(std::string_view bytes);

/// The firmware's entry that this host was started from (BootCurrent), where the running command line is that entry's words:
/// then no boot loader stood between. Nothing else.
std::optional<BootEntry> read_efi_stub_entry(const Root& root);

}  // namespace vfio_doctor
