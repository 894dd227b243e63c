// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {

/// One file of loader/entries (Boot Loader Specification type 1). Several `options` lines are one command
/// line; `variables` fills in "$kernelopts" and the like where GRUB reads the entry. Nothing where it starts
/// no Linux kernel.
std::optional<BootEntry> parse_loader_entry(std::string_view text, const std::string& file, const GrubVariables& variables);

/// The `.cmdline` section of a unified kernel image (type 2), from the first bytes of the file: an EFI
/// program whose section table names it. Absent where it has none; unreadable where `head` is too short or no
/// such program.
Observed<std::string> command_line_of_unified_image(std::string_view head);

/// `default` of loader.conf; nothing where it has none.
std::optional<std::string> default_of_loader_conf(std::string_view text);

}  // namespace vfio_doctor
