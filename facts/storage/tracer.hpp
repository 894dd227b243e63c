// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "facts/network/routes.hpp"
#include "facts/storage/mounts.hpp"
#include "facts/storage/storage.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// What one layer of storage stands on, down to the hardware.
struct Footing {
  std::string label;  ///< this layer: "LVM vg-root", "nvme0n1p3"
  std::string below;  ///< the layers under it, in words; empty at the bottom
  bool is_lvm = false;
  std::vector<PciAddress> functions;
  std::vector<std::string> interfaces;
  std::string unresolved;  ///< see StorageUse::unresolved
  Carrier missing = Carrier::storage;

  /// "LVM vg-root on LUKS on nvme0n1p3", of bounded length.
  std::string chain() const;
  /// Takes over what `part` stands on; its words are added to `below`, joined by "and".
  void stand_on(const Footing& part);
  Footing& fail(std::string why, Carrier carrier = Carrier::storage);
};

/// Follows file systems, files and block devices down to PCI functions. Every layer is followed once; layers that
/// refer to each other in a circle end as unresolved.
class StorageTracer {
 public:
  /// Both must outlive this object.
  StorageTracer(const Root& root, const MountTable& mounts) : root_(root), mounts_(mounts) {}

  Footing mount(const Mount& mount);
  /// The file system that holds `path`; a file that is known to be missing there is unresolved.
  Footing file(const std::string& path);
  /// A block device by its place in sysfs, links resolved.
  Footing block(const std::string& sysfs_path);
  /// A block device by its name in /sys/class/block.
  Footing block_by_name(const std::string& name);
  /// A block device by "/dev/..." or by a tag as in fstab: "UUID=...".
  Footing block_by_device(const std::string& device);
  Footing btrfs(const std::string& uuid);
  Footing zfs_pool(const std::string& pool);
  /// A server by its IPv4 or IPv6 address, as text.
  Footing server(const std::string& label, const std::string& address);

  /// The kernel's name for "/dev/..." or a tag. Absent where there is no such device now, unreadable where that
  /// cannot be told.
  Observed<std::string> device_name(const std::string& device);
  /// The names in /sys/class/block; empty where it cannot be read.
  const std::vector<std::string>& block_names();

 private:
  Footing once(const std::string& key, const std::function<Footing()>& follow);
  Footing follow_block(const std::string& path);
  Footing follow_hardware(const std::string& path);
  Footing follow_virtual(const std::string& path, const std::string& disk);
  Footing follow_parts(Footing whole, const std::string& disk, const std::vector<std::string>& parts);
  Footing nvme_head(const std::string& path);
  Footing nvme_controller(const std::string& path);
  void come_through(Footing& footing, const std::vector<std::string>& interfaces);
  Footing iscsi(const std::string& name, const std::string& session_path);
  Footing loop(const std::string& disk);
  Footing compressed_memory(const std::string& disk);
  Footing zfs_volume(const std::string& name);

  Footing follow_mount(const Mount& mount);
  Footing mount_on_device(const Mount& mount);
  Footing mounted_device(const Mount& mount);
  Footing overlay(const Mount& mount);
  Footing btrfs_mount(const Mount& mount);
  Footing bcachefs(const Mount& mount);
  Footing remote(const Mount& mount);
  Footing shared_by_hypervisor(const Mount& mount);
  const std::map<std::string, std::vector<std::string>>& zfs_members();
  std::optional<std::string> mapped_name(const std::string& device_mapper_name);

  const Root& root_;
  const MountTable& mounts_;
  std::map<std::string, Footing> done_;
  std::set<std::string> open_;
  std::optional<std::vector<std::string>> block_names_;
  std::optional<Observed<RouteTable>> routes_;
  std::optional<std::map<std::string, std::string>> mapper_names_;
  std::optional<std::map<std::string, std::vector<std::string>>> zfs_members_;
};

/// The disk below a block device's resolved sysfs path: itself, or the directory above a partition.
std::string disk_of(const Root& root, const std::string& sysfs_path);

}  // namespace vfio_doctor
