// SPDX-License-Identifier: GPL-2.0-or-later
// The names of a guest's functions, from its pci.ids.
#pragma once

#include <string>

#include "facts/guest/guest_view.hpp"
#include "machine/ids_files.hpp"

namespace vfio_doctor {

/// Gives every function its name ("Intel Corporation Wireless 8260"), where its vendor is known.
void name_functions(const IdsFile& ids, GuestView& view);
/// "Network controller"; "Class 0280" where no pci.ids is there or it does not know the class.
std::string class_name(const IdsFile& ids, const GuestFunction& function);

}  // namespace vfio_doctor
