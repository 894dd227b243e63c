// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>

#include "facts/domain/command_words.hpp"
#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// What QEMU refuses of the properties of one -device vfio-pci. A property that no version knows which was looked at is unresolved: a
/// later one may.
void judge_vfio_properties(const CommandOptions& options, std::size_t line, Domain& domain);

}  // namespace vfio_doctor
