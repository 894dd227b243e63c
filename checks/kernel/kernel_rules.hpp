// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "facts/host.hpp"

namespace vfio_doctor {

/// Whether the running kernel has a rule that came to Linux with some version.
enum class KernelRule { yes, no, not_known };

/// Enterprise kernels (Red Hat's and its relatives', SUSE's, openEuler's, Anolis') carry newer code under an old number:
/// of those an old number says nothing. A kernel whose version is not known is taken for a current one.
KernelRule has_rule_since(const Host& host, KernelVersion since);

}  // namespace vfio_doctor
