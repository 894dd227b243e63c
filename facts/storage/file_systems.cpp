// SPDX-License-Identifier: GPL-2.0-or-later
// From one mounted file system to the block devices, directories or servers it stands on.
#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view type, const std::array<std::string_view, N>& types) {
  return std::ranges::find(types, type) != types.end();
}

constexpr auto remote_types =
    std::to_array<std::string_view>({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "lustre", "beegfs", "gpfs",
                                     "orangefs", "ncpfs", "coda", "fuse.glusterfs"});

bool is_fuse(std::string_view type) { return type == "fuse" || type.starts_with("fuse."); }

/// "/a:/b\:c::/data" -> "/a", "/b:c", "/data"; overlay(5) escapes colons with a backslash.
std::vector<std::string> split_layers(std::string_view text) {
  std::vector<std::string> layers(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      layers.back() += text[++i];
    else if (text[i] == ':')
      layers.emplace_back();
    else
      layers.back() += text[i];
  }
  std::erase(layers, "");
  return layers;
}

struct OverlayLayers {
  std::vector<std::string> lower, upper;
};

OverlayLayers layers_of(const Mount& mount) {
  OverlayLayers layers;
  for (const auto* name : {"lowerdir", "lowerdir+", "datadir+"})
    for (const auto& value : mount.options(name)) {
      const auto more = split_layers(value);
      layers.lower.insert(layers.lower.end(), more.begin(), more.end());
    }
  layers.upper = mount.options("upperdir");
  return layers;
}

/// "192.0.2.1:6789" -> "192.0.2.1", "[2001:db8::1]:6789" -> "[2001:db8::1]".
std::string without_port(const std::string& address) {
  if (address.starts_with('[')) return address.substr(0, address.find(']') + 1);
  return std::ranges::count(address, ':') == 1 ? address.substr(0, address.find(':')) : address;
}

/// The server of "addr=192.0.2.1", "//server/share", "192.0.2.1,192.0.2.2:6789:/": the mount options know best.
std::string server_address(const Mount& mount) {
  for (const auto* name : {"addr", "mountaddr", "ip", "mon_addr"})
    for (const auto& value : mount.options(name)) return without_port(value.substr(0, value.find('/')));
  std::string source = mount.source;
  if (source.starts_with('[')) return source.substr(0, source.find(']') + 1);
  if (source.starts_with("//")) return source.substr(2, source.find('/', 2) - 2);
  return source.substr(0, source.find_first_of(",:"));
}

}  // namespace

Footing StorageTracer::mount(const Mount& mount) {
  return once("mount " + mount.device + " " + mount.type + " " + mount.source + " at " + mount.point,
              [&] { return follow_mount(mount); });
}

Footing StorageTracer::follow_mount(const Mount& mount) {
  Footing footing;
  footing.label = mount.type.substr(0, 40);
  if (is_pseudo_file_system(mount.type)) return footing;
  if (mount.type == "btrfs") return btrfs_mount(mount);
  if (mount.type == "bcachefs") return bcachefs(mount);
  if (mount.type == "zfs") {
    const auto pool = mount.source.substr(0, mount.source.find_first_of("/@"));
    auto below = zfs_pool(pool);
    footing.stand_on(below);
    footing.label = below.label;
    footing.below = below.below;
    return footing;
  }
  if (mount.type == "overlay" || mount.type == "overlayfs") return overlay(mount);
  if (is_one_of(mount.type, remote_types)) return remote(mount);
  if (mount.type == "9p" || mount.type == "virtiofs") return shared_by_hypervisor(mount);
  // A program that serves a file system may write anything as its source; many write "/dev/fuse".
  const bool names_device =
      mount.source.starts_with("/dev/") && (!is_fuse(mount.type) || !device_name(mount.source).is_absent());
  if (mount.has_block_device() || names_device) return mount_on_device(mount);
  if (mount.type == "ecryptfs" || mount.type == "erofs" || mount.type == "shiftfs") {
    footing.stand_on(file(mount.source));
    return footing;
  }
  // A program serves it from files and connections of its own; those count where they are mounted.
  if (is_fuse(mount.type) && mount.point != "/") return footing;
  return footing.fail("what the " + footing.label + " file system at " + mount.point.substr(0, 120) +
                      " stands on is not visible");
}

Footing StorageTracer::mount_on_device(const Mount& mount) {
  auto footing = mounted_device(mount);
  if (mount.type != "xfs") return footing;
  for (const auto* name : {"logdev", "rtdev"})  // xfs(5): a journal or the data themselves on a disk of their own
    for (const auto& device : mount.options(name)) footing.stand_on(block_by_device(device));
  return footing;
}

Footing StorageTracer::mounted_device(const Mount& mount) {
  Footing footing;
  footing.label = mount.type.substr(0, 40);
  if (mount.has_block_device()) {
    const auto path = root_.canonical("/sys/dev/block/" + mount.device);
    if (path.has_value() && path->starts_with("/sys/devices/")) {
      footing.stand_on(block(path.value()));
      return footing;
    }
  }
  if (mount.source.starts_with("/dev/") && mount.source != "/dev/root")
    footing.stand_on(block_by_device(mount.source));
  else
    footing.fail("/sys has no block device " + mount.device + " (" + mount.point.substr(0, 120) + ")");
  return footing;
}

/// The mounts that hold the layers. Layers that a container engine names relative to its own directory lie beside
/// the upper layer.
Footing StorageTracer::overlay(const Mount& mount) {
  Footing footing;
  footing.label = "overlay";
  const auto layers = layers_of(mount);
  auto paths = layers.upper;
  bool any_relative = false;
  for (const auto& layer : layers.lower) {
    if (layer.starts_with('/'))
      paths.push_back(layer);
    else
      any_relative = true;
  }
  if (paths.empty() || (any_relative && layers.upper.empty()))
    return footing.fail("the layers of the overlay at " + mount.point.substr(0, 120) + " are not visible");
  // An ostree system hides the image with the names of its files; the image lies beside the data it names.
  const bool is_composefs = mount.source == "composefs" || mount.source.starts_with("ostree");
  std::set<std::string> known;
  std::vector<Footing> lost;
  for (const auto& path : paths) {
    auto below = file(path);
    if (is_composefs && !below.unresolved.empty())
      lost.push_back(std::move(below));
    else if (known.insert(below.chain() + below.unresolved).second)
      footing.stand_on(below);
  }
  if (known.empty())
    for (const auto& below : lost) footing.stand_on(below);
  return footing;
}

Footing StorageTracer::remote(const Mount& mount) {
  const auto address = server_address(mount);
  return server(mount.type + " from " + address.substr(0, 80), address);
}

/// A directory of the machine that runs this one as a guest: through a virtio function with that tag.
Footing StorageTracer::shared_by_hypervisor(const Mount& mount) {
  Footing footing;
  footing.label = mount.type + " " + mount.source.substr(0, 80);
  if (mount.type == "9p") {
    const auto transports = mount.options("trans");
    const std::string transport = transports.empty() ? "virtio" : transports.front();
    if (transport == "tcp" || transport == "rdma") return server(footing.label, mount.source);
    if (transport != "virtio") return footing.fail("9p over " + transport.substr(0, 20) + " cannot be followed");
  }
  const std::string driver = "/sys/bus/virtio/drivers/" + std::string(mount.type == "9p" ? "9pnet_virtio" : "virtiofs");
  const auto entries = root_.list(driver);
  bool found = false;
  if (entries.has_value()) {
    for (const auto& entry : entries.value()) {
      const auto path = root_.canonical(driver + "/" + entry);
      if (!entry.starts_with("virtio") || !path.has_value() || !path->starts_with("/sys/devices/")) continue;
      const auto tag = root_.read(path.value() + "/mount_tag");
      if (tag.has_value() && trim(std::string_view(tag->c_str())) != mount.source) continue;
      found = true;  // virtiofs has no tag in sysfs: every one of its devices may be it
      add_functions(footing.functions, functions_behind(root_, path.value()));
    }
  }
  if (!found) return footing.fail("the virtio device behind " + footing.label + " is not visible");
  return footing;
}

}  // namespace vfio_doctor
