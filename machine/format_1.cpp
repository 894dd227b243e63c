// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine/format_1.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <string>

#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

/// Every directory that the last version with format 1 listed (the calls of Root::list() in facts/ at 7cea484), in the
/// order of the rooms. '*' is one component. Closed: nothing is ever added here.
// clang-format off
constexpr auto listed_directories = std::to_array<const char*>({
    "/sys/bus/pci/devices",                     // pci.cpp
    "/sys/kernel/iommu_groups",                 // iommu.cpp
    "/sys/kernel/iommu_groups/*/devices",       // iommu.cpp
    "/sys/class/iommu",                         // iommu.cpp
    "/sys/firmware",                            // platform.cpp
    "/sys/firmware/acpi/tables",                // platform.cpp
    "/lib/modules", "/usr/lib/modules",         // vfio.cpp
    "/lib/modprobe.d", "/usr/lib/modprobe.d", "/usr/local/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d",  // vfio.cpp
    "/sys/class/net",                           // network.cpp
    "/run/systemd/sessions",                    // remote_sessions.cpp
    "/sys/class/graphics",                      // console.cpp
    "/sys/class/vtconsole",                     // console.cpp
    "/sys/class/drm",                           // console.cpp, since 3fbeae9; earlier recordings have no node for it
    "/sys/class/input", "/sys/class/bluetooth", "/sys/bus/usb/devices",  // input_devices.cpp
    "/sys/class/block",                         // storage.cpp
    "/sys/fs/ext4", "/sys/fs/xfs", "/sys/fs/f2fs", "/sys/fs/erofs", "/sys/fs/btrfs", "/proc/fs/jbd2",  // storage.cpp
    "/sys/fs/btrfs/*/devices",                  // storage/pools.cpp
    "/sys/fs/bcachefs", "/sys/fs/bcachefs/*",   // storage/pools.cpp
    "/proc/spl/kstat/zfs",                      // storage/pools.cpp
    "/sys/class/fc_host", "/sys/class/iscsi_connection",  // storage/block_stack.cpp
    "/sys/bus/virtio/drivers/*",                // storage/file_systems.cpp
    "/boot", "/boot/efi", "/efi",               // boot/boot_configuration.cpp, with the next four lines
    "/etc/default/grub.d", "/etc/kernel/cmdline.d", "/etc/cmdline.d",
    "/boot/EFI", "/boot/efi/EFI", "/efi/EFI", "/boot/EFI/Linux", "/boot/efi/EFI/Linux", "/efi/EFI/Linux",
    "/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries",
});
// clang-format on

/// Directories that were listed wherever they lie below /sys/devices: of block devices and of network interfaces.
bool is_listed_part(const std::string& path) {
  return path.ends_with("/slaves") || path.ends_with("/holders") || path.ends_with("/brif") ||
         ::fnmatch("/sys/devices/virtual/nvme-subsystem/*", path.c_str(), FNM_PATHNAME) == 0;
}

bool was_listed(const std::string& path) {
  if (path.starts_with("/sys/devices/")) return is_listed_part(path) || base_name(parent_path(path)) == "net";
  return std::ranges::any_of(listed_directories,
                             [&path](const char* pattern) { return ::fnmatch(pattern, path.c_str(), FNM_PATHNAME) == 0; });
}

}  // namespace

void mark_listed_by_format_1(RecordedNodes& nodes) {
  for (auto& [path, node] : nodes)
    if (node.kind == RecordedNode::Kind::directory && was_listed(path)) node.kind = RecordedNode::Kind::listed;
}

}  // namespace vfio_doctor
