// SPDX-License-Identifier: GPL-2.0-or-later
// IOMMUs that a guest gets by QEMU's own options.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "facts/domain/command_words.hpp"
#include "facts/domain/domain_xml.hpp"

namespace vfio_doctor {

/// A value that QEMU takes for on or off (qapi, visit_type_bool): "yes" -> "on", "n" -> "off". Others, as "auto", stay as they are.
std::string on_or_off(const std::string& value);

/// -device intel-iommu, amd-iommu, virtio-iommu-pci and arm-smmuv3; any other device does nothing.
void add_iommu_device(const CommandOptions& options, std::size_t line, Domain& domain);

/// kernel-irqchip=, accel= and iommu= of -machine.
void read_machine_options(const CommandOptions& options, std::size_t line, Domain& domain);

/// iommufd= of a vfio-pci device names an object that no word makes.
void miss_iommufd_objects(const std::vector<CommandWord>& words, Domain& domain);

}  // namespace vfio_doctor
