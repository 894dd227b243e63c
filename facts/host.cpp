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

}  // namespace vfio_doctor
