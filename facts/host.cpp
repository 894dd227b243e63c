// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/host.hpp"

#include <algorithm>

namespace vfio_doctor {

const PciFunction* Host::find(const PciAddress& address) const {
  const auto& functions_seen = all_functions();
  const auto found = std::ranges::lower_bound(functions_seen, address, {}, &PciFunction::address);
  return found != functions_seen.end() && found->address == address ? &*found : nullptr;
}

const std::vector<PciFunction>& Host::all_functions() const {
  static const std::vector<PciFunction> none;
  return functions.has_value() ? functions.value() : none;
}

const IommuGroup* IommuFacts::find_group(unsigned number) const {
  if (!groups.has_value()) return nullptr;
  const auto found = std::ranges::lower_bound(groups.value(), number, {}, &IommuGroup::number);
  return found != groups->end() && found->number == number ? &*found : nullptr;
}

bool PciFunction::is_bridge() const {
  if (config.header_type.has_value()) return config.header_type.value() != 0;
  const auto kind = class_and_subclass();
  return kind && (*kind == 0x0604 || *kind == 0x0607 || *kind == 0x0609 || *kind == 0x060a);
}

}  // namespace vfio_doctor
