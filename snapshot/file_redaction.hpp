// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "snapshot/argument_redaction.hpp"

namespace vfio_doctor {

/// A kernel's configuration, packed (gzip) or plain: the options that are asked for. A packed file that cannot be
/// unpacked keeps its first two bytes: it still cannot be.
std::string redact_kernel_config(const std::string& content, const ArgumentRedactor& arguments);
/// modules.dep and its kin: only the modules that are asked for.
std::string redact_module_list(std::string_view text, const TextRedactor& words);
/// os-release: what a distribution says of itself; nothing a vendor or an owner added.
std::string redact_os_release(std::string_view text, const TextRedactor& words);
/// The head of a unified kernel image: the command line, and of all else what it takes to find it.
std::string redact_unified_image(std::string_view head, const ArgumentRedactor& arguments);
/// /proc/bus/input/devices: names are words, the bits of what a device can send stay.
std::string redact_input_devices(std::string_view text, const TextRedactor& words);
/// /proc/iomem: ranges stay, who has them is words.
std::string redact_memory_map(std::string_view text, const TextRedactor& words);
/// True for hexadecimal numbers and blanks alone: the bits of an input device's capabilities.
bool is_bitmap(std::string_view text);
/// Words, and hexadecimal numbers of up to 64 bits without "0x", as the kernel prints them in attributes of its own.
std::string redact_numbers(std::string_view text, const TextRedactor& words);

}  // namespace vfio_doctor
