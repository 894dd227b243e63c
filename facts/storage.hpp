// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/observed.hpp"
#include "facts/pci_address.hpp"
#include "facts/root/root.hpp"

namespace vfio_doctor {

/// One thing the host does with storage, followed down to the PCI functions it stands on.
struct StorageUse {
  std::string use;     ///< "/", "/boot/efi", "swap", "/mnt/data"
  std::string chain;   ///< "ext4 on LVM on LUKS on nvme0n1p3"
  std::string source;  ///< where it was seen: "/proc/1/mountinfo", "/proc/swaps"
  std::vector<PciAddress> functions;  ///< sorted; empty where it stands on no PCI function (tmpfs, virtual)
  std::vector<std::string> network_interfaces;  ///< for NFS, iSCSI, NVMe over fabrics: the interfaces it comes through
  /// Not empty: this use could not be followed to its end, for this reason. Then no PCI storage function can be
  /// called free.
  std::string unresolved;
};

struct StorageFacts {
  Observed<std::vector<StorageUse>> uses;
};

StorageFacts gather_storage(const Root& root);

}  // namespace vfio_doctor
