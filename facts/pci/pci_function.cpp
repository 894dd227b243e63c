// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/pci_function.hpp"

namespace vfio_doctor {

bool PciFunction::is_bridge() const {
  if (config.header_type.has_value()) return config.header_type.value() != 0;
  const auto kind = class_and_subclass();
  return kind && (*kind == 0x0604 || *kind == 0x0607 || *kind == 0x0609 || *kind == 0x060a);
}

}  // namespace vfio_doctor
