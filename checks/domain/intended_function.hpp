// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "checks/domain/domain_check.hpp"

namespace vfio_doctor {

/// Another function than the one that a domain takes, of which its text speaks.
struct IntendedFunction {
  const PciFunction* function = nullptr;  ///< of the host, never null
  std::string why;                        ///< "what is written there speaks of another device"
  Evidence evidence;
};

/// What comments, the alias or the number of an IOMMU group in the text mean, where that is not the function at the address.
std::optional<IntendedFunction> intended_function(const DomainCase& here, const DomainHostdev& device);

}  // namespace vfio_doctor
