// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/access/access.hpp"
#include "facts/boot/boot_configuration.hpp"
#include "facts/console/console.hpp"
#include "facts/image/initial_image.hpp"
#include "facts/iommu/iommu.hpp"
#include "facts/iommu/vfio.hpp"
#include "facts/memory/memory.hpp"
#include "facts/modules/modules.hpp"
#include "facts/network/network.hpp"
#include "facts/pci/gather_pci.hpp"
#include "facts/pci/host_memory.hpp"
#include "facts/platform/platform.hpp"
#include "facts/processes/processes.hpp"
#include "facts/room/room.hpp"
#include "facts/sharing/sharing.hpp"
#include "facts/storage/storage.hpp"
#include "facts/trust/trust.hpp"

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
  HostMemoryFacts memory;
  StorageFacts storage;
  NetworkFacts network;
  ConsoleFacts console;
  ProcessFacts processes;
  MemoryFacts guest_memory;  ///< what is there for guests
  ModuleFacts modules;
  InitialImageFacts initial_image;
  RoomFacts room;
  SharingFacts sharing;
  AccessFacts access;
  TrustFacts trust;
  bool privileged = false;  ///< nothing was refused that root may read

  const PciFunction* find(const PciAddress& address) const;
  /// The functions that were observed; empty where the bus could not be read.
  const std::vector<PciFunction>& all_functions() const;
};

/// Asks `root` everything, in one pass. Reads only; wakes no sleeping device unless `wake`.
Host gather_host(const Root& root, Wake wake = Wake::no, ReadImage image = ReadImage::where_it_matters);

}  // namespace vfio_doctor
