// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "checks/advice/argument_tool.hpp"
#include "checks/finding.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// Without /etc/kernel/cmdline the images and entries were made from the running line (mkinitcpio build_uki(),
/// kernel-install 90-loaderentry.install); once the file is there it is used instead: it must hold all of that line, with
/// `added` and without `removed` (words between blanks, or nothing). Without commands where the running line is none to keep.
Remedy by_new_cmdline_file(const Host& host, ArgumentTool tool, const std::string& added, const std::string& removed);

/// /usr/lib/kernel/cmdline, which the next package writes over: /etc/kernel/cmdline goes before it.
bool is_cmdline_of_packages(const BootSetting& setting);

}  // namespace vfio_doctor
