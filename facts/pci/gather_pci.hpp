// SPDX-License-Identifier: GPL-2.0-or-later
// Reading the PCI functions of a machine.
#pragma once

#include <vector>

#include "base/observed.hpp"
#include "facts/pci/pci_function.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

enum class Wake { no, yes };

/// Every PCI function, sorted by address; absent where there is no PCI bus. Wakes no sleeping function unless `wake`.
Observed<std::vector<PciFunction>> gather_pci(const Root& root, Wake wake);

}  // namespace vfio_doctor
