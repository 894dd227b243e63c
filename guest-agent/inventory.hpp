// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "facts/guest/guest_view.hpp"
#include "facts/guest/name_functions.hpp"

namespace vfio_doctor {

/// What `lspci -Dnnk` and, behind an empty line, `lsusb` would print.
std::string inventory_text(const GuestView& view, const IdsFile& pci, const IdsFile& usb);
/// The same as docs/schema/inventory-1.json describes it, with each USB device's controller.
std::string inventory_json(const GuestView& view, const IdsFile& pci, const IdsFile& usb);

}  // namespace vfio_doctor
