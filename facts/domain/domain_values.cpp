// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

std::string GuestAddress::text() const {
  return hex_text(domain, 4) + ":" + hex_text(bus, 2) + ":" + hex_text(slot, 2) + "." + std::to_string(function);
}

bool Domain::only_frees(const PciAddress& address) const {
  return std::ranges::any_of(hostdevs, [&address](const DomainHostdev& device) {
    return device.source == address && device.address.type == "unassigned";
  });
}

}  // namespace vfio_doctor
