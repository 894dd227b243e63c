// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/mount_guard.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "machine/directory_root.hpp"

namespace vfio_doctor {
namespace {

// fs/*/ of Linux: what mount(2) calls the file systems whose files lie on other machines.
constexpr auto network_types = std::to_array<std::string_view>({"9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "gpfs",
                                                                "lustre", "ncpfs", "nfs", "nfs4", "orangefs", "smb3", "smbfs"});
// FUSE programs that serve a local block device or an image file (ntfs-3g and exfat-fuse: "fuseblk"), or kernel tables
// (lxcfs, which lies over files of /proc in containers).
constexpr auto local_fuse_types =
    std::to_array<std::string_view>({"fuseblk", "fuse.lxcfs", "fuse.snapfuse", "fuse.squashfuse"});

/// Proxmox VE's pmxcfs: a local program that answers from memory; where it died, an error comes at once (ENOTCONN).
bool is_proxmox_cluster(const Mount& mount) { return mount.point == "/etc/pve" && mount.type == "fuse"; }

std::string why_not(const Mount& mount) {
  if (mount.point == "/" || mount.point == "/usr") return {};
  if (mount.type == "autofs")
    return mount.point + " is an automount that is not mounted now; not touched (ls " + mount.point + " mounts it)";
  const auto options = mount.options("trans");
  const bool is_of_hypervisor = mount.type == "9p" && std::ranges::find(options, "virtio") != options.end();
  if (std::ranges::find(network_types, mount.type) != network_types.end() && !is_of_hypervisor)
    return mount.point + " is a network mount (" + mount.type + "); not touched";
  const bool is_fuse = mount.type == "fuse" || mount.type.starts_with("fuse.");
  const bool is_local = std::ranges::find(local_fuse_types, mount.type) != local_fuse_types.end();
  if (is_fuse && !is_local && !is_proxmox_cluster(mount))
    return mount.point + " is served by a program (" + mount.type + "); not touched";
  return {};
}

}  // namespace

MountGuard mount_guard(MountTable table) {
  // Most hosts have nothing to leave alone where this program looks.
  const auto matters = [](const Mount& mount) {
    return !mount.point.starts_with("/sys/") && !mount.point.starts_with("/proc/") && !why_not(mount).empty();
  };
  if (std::ranges::none_of(table.mounts, matters)) return {};
  return [mounts = std::make_shared<const MountTable>(std::move(table))](const std::string& path) {
    const auto* mount = mounts->holding(path);
    return mount ? why_not(*mount) : std::string();
  };
}

MountGuard live_mount_guard() {
  const DirectoryRoot plain("/");
  const auto text = plain.read("/proc/self/mountinfo", most_mount_bytes);
  return text.has_value() ? mount_guard(parse_mounts(text.value(), "/proc/self/mountinfo")) : MountGuard();
}

}  // namespace vfio_doctor
