// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// The functions that selectors name: an address (domain optional), vendor:device ids, or a piece of the device's name
/// in any case. Throws InputError where one matches nothing, or more than one function (it lists them).
std::vector<PciAddress> select_functions(const Host& host, const std::vector<std::string>& selectors);

}  // namespace vfio_doctor
