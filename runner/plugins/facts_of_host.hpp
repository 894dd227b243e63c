// SPDX-License-Identifier: GPL-2.0-or-later
// The groups of facts that plugins can ask for. A new fact is one line in the .cpp of its group.
#pragma once

#include "facts/host.hpp"
#include "runner/plugins/description.hpp"

namespace vfio_doctor {

Member<Host> pci_facts();
Member<Host> iommu_facts();
Member<Host> kernel_facts();
Member<Host> cpu_facts();
Member<Host> distribution_facts();
Member<Host> firmware_facts();
Member<Host> vfio_facts();
Member<Host> boot_facts();
Member<Host> storage_facts();
Member<Host> network_facts();
Member<Host> console_facts();
Member<Host> process_facts();
Member<Host> memory_facts();
Member<Host> module_facts();
Member<Host> image_facts();
Member<Host> room_facts();
Member<Host> sharing_facts();
Member<Host> access_facts();
Member<Host> trust_facts();

}  // namespace vfio_doctor
