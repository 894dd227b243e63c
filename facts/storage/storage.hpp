// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What kind of device carries a piece of storage; `either` where not even that is known.
enum class Carrier { storage, network, either };

/// What the host uses storage for, where that weighs differently.
enum class StorageUseKind {
  mount,  ///< `use` is where it is mounted
  swap,
  boot_partition,  ///< what this host is started from, mounted or not
  other,
};

/// One thing the host does with storage, followed down to the PCI functions it stands on.
struct StorageUse {
  std::string use;                              ///< "/", "/boot/efi", "swap", "/mnt/data"
  std::string chain;                            ///< "ext4 on LVM vg-root on LUKS on nvme0n1p3"
  std::string source;                           ///< where it was seen: "/proc/1/mountinfo", "/proc/swaps"
  std::vector<PciAddress> functions;            ///< sorted; empty where it stands on no PCI function (tmpfs, virtual)
  std::vector<std::string> network_interfaces;  ///< for NFS, iSCSI, NVMe over fabrics: the interfaces it comes through
  /// Not empty: this use could not be followed to its end, for this reason. Then no PCI function of the kind
  /// `missing` can be called free.
  std::string unresolved;
  Carrier missing = Carrier::storage;
  StorageUseKind kind = StorageUseKind::other;
};

/// A disk or partition that says it belongs to something larger, and that nothing the kernel shows has open.
struct UnopenedMember {
  std::string device;                 ///< "sdb"
  std::string kind;                   ///< as udev names it: "ceph_bluestore", "LVM2_member"
  std::string source;                 ///< udev's record
  std::vector<PciAddress> functions;  ///< sorted
};

struct StorageFacts {
  Observed<std::vector<StorageUse>> uses;
  std::vector<UnopenedMember> unopened;
  /// The functions with a block device below them. Read only where a use could not be followed: these could be it.
  Observed<std::vector<PciAddress>> disk_functions;
};

StorageFacts gather_storage(const Root& root);

}  // namespace vfio_doctor
