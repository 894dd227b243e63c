// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/pci_identity.hpp"

#include "base/text.hpp"

namespace vfio_doctor {

std::string ids_text(const PciIdentity& id) {
  return id.has_ids() ? hex_text(id.vendor.value(), 4) + ":" + hex_text(id.device.value(), 4) : "????:????";
}

}  // namespace vfio_doctor
