// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/host.hpp"

namespace vfio_doctor {

/// The file below /etc/default/grub.d in which Debian's grub-mkconfig would find this argument (or several, between blanks), after
/// what sets the arguments now. Empty where every name would be in somebody's way.
std::string drop_in_for(const Host& host, const std::string& argument);

}  // namespace vfio_doctor
