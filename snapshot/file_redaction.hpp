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
/// Words, and hexadecimal numbers of up to 64 bits without "0x", as the kernel prints them in attributes of its own; `ranges`:
/// also "first-last", as in /proc/iomem (elsewhere that is how a UUID begins).
std::string redact_numbers(std::string_view text, const TextRedactor& words, bool ranges);

}  // namespace vfio_doctor
