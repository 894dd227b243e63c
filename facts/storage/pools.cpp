// SPDX-License-Identifier: GPL-2.0-or-later
// File systems that spread over several block devices by themselves: btrfs, ZFS, bcachefs.
#include <algorithm>

#include "base/text.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

const std::string btrfs_class = "/sys/fs/btrfs";

bool is_uuid(std::string_view name) { return name.size() == 36 && std::ranges::count(name, '-') == 4; }

std::vector<std::string> mounted_btrfs(const Root& root) {
  std::vector<std::string> uuids;
  const auto names = root.list(btrfs_class);
  if (names.has_value())
    for (const auto& name : names.value())
      if (is_uuid(name)) uuids.push_back(name);
  return uuids;
}

}  // namespace

Footing StorageTracer::btrfs(const std::string& uuid) {
  Footing footing;
  footing.label = "btrfs";
  const auto directory = btrfs_class + "/" + uuid + "/devices";
  const auto devices = root_.list(directory);
  if (!devices.has_value()) return footing.fail(directory + ": " + devices.why());
  if (devices->empty()) return footing.fail(directory + " names no device");
  for (const auto& device : devices.value()) {
    const auto path = root_.canonical(directory + "/" + device);
    footing.stand_on(path.has_value() && path->starts_with("/sys/devices/") ? block(path.value()) : block_by_name(device));
  }
  // A missing device is a device all the same: it may come back under another name.
  return footing;
}

/// The device number of a btrfs is made up; its source names one of its devices, sysfs names them all.
Footing StorageTracer::btrfs_mount(const Mount& mount) {
  const auto uuids = mounted_btrfs(root_);
  const auto name = device_name(mount.source);
  if (name.has_value())
    for (const auto& uuid : uuids)
      if (root_.read_link(btrfs_class + "/" + uuid + "/devices/" + name.value()).has_value() ||
          root_.exists(btrfs_class + "/" + uuid + "/devices/" + name.value()))
        return btrfs(uuid);
  Footing footing;
  footing.label = "btrfs";
  if (uuids.empty()) {
    if (name.has_value()) footing.stand_on(block_by_name(name.value()));
    return footing.fail(btrfs_class + " does not name the devices of the btrfs at " + mount.point.substr(0, 120));
  }
  // Every one of them is mounted, so the host needs the devices of all.
  for (const auto& uuid : uuids) {
    auto part = btrfs(uuid);
    part.label = uuids.size() == 1 ? "btrfs" : "btrfs " + uuid;
    if (uuids.size() == 1) return part;
    footing.stand_on(part);
  }
  return footing;
}

Footing StorageTracer::bcachefs(const Mount& mount) {
  Footing footing;
  footing.label = "bcachefs";
  for (const auto device : split(mount.source, ':')) footing.stand_on(block_by_device(std::string(device)));
  // Members that were added after mounting are in no mount table.
  const auto systems = root_.list("/sys/fs/bcachefs");
  if (!systems.has_value()) return footing;
  for (const auto& system : systems.value()) {
    const auto entries = root_.list("/sys/fs/bcachefs/" + system);
    if (!entries.has_value()) continue;
    for (const auto& entry : entries.value()) {
      if (!entry.starts_with("dev-")) continue;
      const auto path = root_.canonical("/sys/fs/bcachefs/" + system + "/" + entry + "/block");
      if (path.has_value() && path->starts_with("/sys/devices/")) footing.stand_on(block(path.value()));
    }
  }
  return footing;
}

/// Pools and their block devices as udev found them on the disks; "" holds members that name no pool (caches, spares).
const std::map<std::string, std::vector<std::string>>& StorageTracer::zfs_members() {
  if (zfs_members_) return *zfs_members_;
  zfs_members_.emplace();
  for (const auto& name : block_names()) {
    const auto number = root_.read_line("/sys/class/block/" + name + "/dev");
    if (!number.has_value()) continue;
    const auto record = root_.read("/run/udev/data/b" + number.value());
    if (!record.has_value()) continue;
    std::string type, label;
    bool may_be = false;  // blkid finds two signatures and names neither; the partition table may still tell
    for (const auto line : split_lines(record.value())) {
      if (line.starts_with("E:ID_FS_TYPE=")) type = line.substr(13);
      if (line.starts_with("E:ID_FS_LABEL=")) label = line.substr(14);
      may_be |= line.starts_with("E:ID_FS_AMBIVALENT=") && line.find("zfs_member") != line.npos;
      may_be |= line == "E:ID_PART_ENTRY_TYPE=6a898cc3-1dd2-11b2-99a6-080020736631";  // "Solaris /usr & Apple ZFS"
    }
    // It belongs to some pool, and to none by name: every imported one may stand on it.
    if (type.empty() && may_be) (*zfs_members_)[""].push_back(name);
    if (type == "zfs_member") (*zfs_members_)[label].push_back(name);
  }
  return *zfs_members_;
}

/// The ZFS modules show no members in sysfs or procfs, and without a process nobody can be asked. What udev saw on
/// the disks names the pool; a pool that it does not know stays unresolved.
Footing StorageTracer::zfs_pool(const std::string& pool) {
  return once("zfs " + pool, [&] {
    Footing footing;
    footing.label = "ZFS pool " + pool.substr(0, 80);
    const auto& members = zfs_members();
    const auto own = members.find(pool);
    if (own == members.end()) return footing.fail("the disks of the ZFS pool " + pool.substr(0, 80) + " are not visible");
    // A whole disk and its partition both carry the signature; both lead to the same function.
    for (const auto& name : own->second) footing.stand_on(block_by_name(name));
    if (const auto nameless = members.find(""); nameless != members.end())
      for (const auto& name : nameless->second) footing.stand_on(block_by_name(name));
    return footing;
  });
}

/// A volume does not say which pool it is cut from: all that are imported.
Footing StorageTracer::zfs_volume(const std::string& name) {
  Footing footing;
  footing.label = "ZFS volume " + name;
  const auto pools = root_.list("/proc/spl/kstat/zfs");
  int known = 0;
  if (pools.has_value())
    for (const auto& pool : pools.value())
      if (root_.kind("/proc/spl/kstat/zfs/" + pool).is(NodeKind::directory)) {
        footing.stand_on(zfs_pool(pool));
        ++known;
      }
  if (known == 0) return footing.fail("the ZFS pool behind " + name + " is not visible");
  return footing;
}

}  // namespace vfio_doctor
