// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/boot/boot_configuration.hpp"

namespace vfio_doctor {

/// kernelstub's configuration (Pop!_OS): JSON, user.kernel_options a list of words or one text.
Observed<BootLine> parse_kernelstub(std::string_view json, const std::string& file);

/// Entries of limine.conf ("/Title", "cmdline: ...") and of the older limine.cfg (":Title", "CMDLINE=...").
std::vector<BootEntry> parse_limine(std::string_view text, const std::string& file);

/// Labels of syslinux.cfg: "label NAME", "kernel PATH", "append ARGUMENTS" (wiki.syslinux.org/wiki/index.php?title=Config).
std::vector<BootEntry> parse_syslinux(std::string_view text, const std::string& file);

/// Lines of refind_linux.conf: "title" "kernel command line".
std::vector<BootEntry> parse_refind_linux(std::string_view text, const std::string& file);

}  // namespace vfio_doctor
