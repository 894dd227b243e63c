// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "facts/host.hpp"

namespace vfio_doctor {

/// True for what can be nothing but a device: an address or a slot in any of their forms, vendor:device, a path of /sys or
/// /dev, libvirt's pci_0000_03_00_0, a word for a kind of device.
bool looks_like_device(std::string_view text);

/// True for "03:00", a slot without a function: all its functions are meant.
bool names_a_slot(std::string_view selector);

/// The functions that one selector names, sorted; empty where none does. Tried in this order, the first that fits counts:
/// an address ("0000:03:00.0", "3:0.0", "pci_0000_03_00_0"), a slot ("03:00": all its functions), vendor:device ids, a path of
/// /sys or /dev, a word for a kind of device ("gpu"), a disk or network interface ("nvme1n1", "eno1"), a driver, a piece of the
/// name in any case.
std::vector<const PciFunction*> functions_named(const Host& host, const Root& root, std::string_view selector);

}  // namespace vfio_doctor
