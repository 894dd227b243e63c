// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/boot/boot_configuration.hpp"
#include "facts/console.hpp"
#include "facts/iommu.hpp"
#include "facts/network.hpp"
#include "facts/pci_function.hpp"
#include "facts/platform.hpp"
#include "facts/storage.hpp"
#include "facts/vfio.hpp"

namespace vfio_doctor {

/// Where the facts come from.
enum class SourceKind { live, root, snapshot, sample };

/// Everything one host said about itself, gathered once and never changed after that.
struct Host {
  Cpu cpu;
  Distribution distribution;
  Kernel kernel;
  FirmwareFacts firmware;
  InterruptFacts interrupts;
  IommuFacts iommu;
  VfioFacts vfio;
  Observed<std::vector<PciFunction>> functions;  ///< sorted by address; absent where there is no PCI bus
  BootConfiguration boot;
  StorageFacts storage;
  NetworkFacts network;
  ConsoleFacts console;
  bool privileged = false;  ///< nothing was refused that root may read

  const PciFunction* find(const PciAddress& address) const;
  /// The functions that were observed; empty where the bus could not be read.
  const std::vector<PciFunction>& all_functions() const;
};

/// Asks `root` everything, in one pass. Reads only; wakes no sleeping device unless `wake`.
enum class Wake { no, yes };
Host gather_host(const Root& root, Wake wake = Wake::no);

/// Parts of gather_host(), for tests and for programs that need only these.
Observed<std::vector<PciFunction>> gather_pci(const Root& root, Wake wake);

}  // namespace vfio_doctor
