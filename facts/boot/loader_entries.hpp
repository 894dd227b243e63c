// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/boot/grub_config.hpp"

namespace vfio_doctor {

/// Who reads a loader entry. GRUB's blscfg takes the first `options` line alone, that of its variable default_kernelopts where there
/// is none, and reads no further than to a line that is no key with a value, be it an empty one (read_entry, create_entry in
/// grub-core/commands/blscfg.c of Fedora's GRUB). The Boot Loader Specification, and systemd-boot, join all lines.
enum class EntryReader { systemd_boot, grub };

/// One file of loader/entries (Boot Loader Specification type 1); `variables` fills in "$kernelopts" and the like. Nothing where it
/// starts no Linux kernel.
std::optional<BootEntry> parse_loader_entry(std::string_view text, const std::string& file, const GrubVariables& variables,
                                            EntryReader reader = EntryReader::systemd_boot);

/// The `.cmdline` section of a unified kernel image (type 2), from the first bytes of the file: an EFI
/// program whose section table names it. Absent where it has none; unreadable where `head` is too short or no
/// such program.
Observed<std::string> command_line_of_unified_image(std::string_view head);

/// "key  value" as systemd-boot reads it in loader.conf and in loader entries (line_get_key_value() in src/boot/efi-string.c): quotes
/// around the whole value are taken off. Nothing for comments, empty lines and a key alone.
struct LoaderSetting {
  std::string_view key, value;
};
std::optional<LoaderSetting> loader_setting(std::string_view line);

/// The text without the quotes around all of it.
std::string_view without_quotes(std::string_view text);

/// `default` of loader.conf, the last one; nothing where it has none.
std::optional<std::string> default_of_loader_conf(std::string_view text);

}  // namespace vfio_doctor
