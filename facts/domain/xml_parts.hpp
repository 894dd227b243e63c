// SPDX-License-Identifier: GPL-2.0-or-later
// Small questions about pieces of libvirt's XML.
#pragma once

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// "qemu:arg" -> "arg".
std::string_view local_name(std::string_view name);

/// Whether the element belongs to QEMU's namespace, however that is written: a prefix of any name, or xmlns= on the element
/// or above it. A prefix "qemu" that nobody declared counts: a fragment cut out of a domain has lost the declaration.
bool is_of_qemu(pugi::xml_node node);

/// <memory unit='GiB'>8</memory> in bytes; nothing where there is none or it is no size.
std::optional<std::uint64_t> bytes_of(pugi::xml_node node);

/// Comments right before the element or in it, at most 400 bytes.
std::string comment_of(pugi::xml_node node);

/// <hostdev type='usb'>, without its line.
DomainUsb usb_of(pugi::xml_node node);

/// How to ask about the function that a node device is, as the end of a sentence.
std::string way_to_node_device(pugi::xml_node top);

/// What libvirt says of a part of an address beyond its limit: virPCIDeviceAddressIsValid(), which quotes all but the function.
std::string out_of_range(std::string_view key, std::uint64_t value, const char* limit);

}  // namespace vfio_doctor
