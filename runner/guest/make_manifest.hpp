// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <vector>

#include "facts/domain/domain_xml.hpp"
#include "facts/guest/manifest.hpp"
#include "facts/host.hpp"

namespace vfio_doctor {

/// What the guest should see of the functions at `sources`: ids, class, revision, serial, BAR sizes and, on a USB
/// controller, what hangs on it now. Throws InputError where the host has no such function.
Manifest manifest_of(const Root& root, const std::vector<PciAddress>& sources);

/// The same for the functions that `domain` gives to its guest, with the place that its controllers give each.
/// Throws InputError where it gives none.
Manifest manifest_of(const Root& root, const Domain& domain);

/// Whether a function of this class is of use only with a driver: storage, network, display, multimedia, USB, serial
/// ports, card readers, wireless, accelerators. What merely comes along (thermal sensors, memory controllers,
/// management engines, SMBus) is not.
bool expects_driver(std::uint16_t class_and_subclass);

}  // namespace vfio_doctor
