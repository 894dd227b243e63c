// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "facts/host.hpp"

namespace vfio_doctor {

/// Whether the running kernel has a rule that came to Linux with some version.
enum class KernelRule { yes, no, not_known };

/// Enterprise kernels (Red Hat's and its relatives', SUSE's, openEuler's, Anolis') carry newer code under an old number:
/// of those an old number says nothing. A kernel whose version is not known is taken for a current one.
KernelRule has_rule_since(const Host& host, KernelVersion since);

/// The `module_blacklist=` for which the running kernel refuses this module, nothing where it does not or the command line
/// is not known. The last one counts, each name byte for byte: the kernel takes no '-' for '_' here
/// (kernel/module/main.c, blacklisted(); a charp parameter).
const KernelArgument* refusing_argument(const Host& host, std::string_view module);

/// "module_blacklist=nouveau,xe": what to give the kernel so that it refuses this module beside those that it refuses now. A
/// second argument would take the place of the first.
std::string with_module_refused(const Host& host, std::string_view module);

}  // namespace vfio_doctor
