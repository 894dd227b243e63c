// SPDX-License-Identifier: GPL-2.0-or-later
// From one block device down to the functions: partitions, device mapper, md, bcache, loop, NVMe, iSCSI.
#include <array>

#include "base/text.hpp"
#include "facts/network/network.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

constexpr std::string_view virtual_block = "/sys/devices/virtual/block/";
constexpr std::string_view virtual_subsystem = "/sys/devices/virtual/nvme-subsystem/";
constexpr std::string_view virtual_fabrics = "/sys/devices/virtual/nvme-fabrics/";
constexpr std::string_view virtual_net = "/sys/devices/virtual/net/";

struct MapperKind {
  std::string_view uuid_prefix;
  std::string_view words;
  bool named;  // whether the name says something to the owner of the machine
};
// The prefix of dm/uuid says which program made the mapping.
constexpr auto mapper_kinds = std::to_array<MapperKind>({{"LVM-", "LVM", true},
                                                         {"CRYPT-LUKS", "LUKS", false},
                                                         {"CRYPT-PLAIN", "plain encryption", false},
                                                         {"CRYPT-BITLK", "BitLocker", false},
                                                         {"CRYPT-TCRYPT", "VeraCrypt", false},
                                                         {"CRYPT-VERITY", "verity", false},
                                                         {"CRYPT-INTEGRITY", "integrity", false},
                                                         {"CRYPT-", "encryption", false},
                                                         {"mpath-", "multipath", true},
                                                         {"DMRAID-", "firmware RAID", true},
                                                         {"stratis-", "Stratis", false},
                                                         {"VDO-", "VDO", true}});

void label_mapper(const Root& root, const std::string& disk, Footing& footing) {
  const auto uuid = root.read_line(disk + "/dm/uuid");
  const auto name = root.read_line(disk + "/dm/name");
  const std::string called = name.has_value() ? name->substr(0, 80) : base_name(disk);
  footing.label = "device mapper " + called;
  if (!uuid.has_value()) return;
  for (const auto& kind : mapper_kinds) {
    if (!uuid->starts_with(kind.uuid_prefix)) continue;
    footing.label = std::string(kind.words) + (kind.named ? " " + called : "");
    footing.is_lvm = kind.words == "LVM";
    return;
  }
  if (uuid->starts_with("part")) footing.label = "partition " + called;  // kpartx: "part1-mpath-..."
}

std::string md_label(const Root& root, const std::string& disk) {
  const auto level = root.read_line(disk + "/md/level");
  if (!level.has_value() || level->empty() || level->size() > 20) return "RAID " + base_name(disk);
  if (level->starts_with("raid")) return "RAID" + level->substr(4) + " " + base_name(disk);
  return "RAID (" + level.value() + ") " + base_name(disk);
}

bool is_fabrics_controller(std::string_view name) {  // "nvme0", not "nvme0n1" or "nvme0c0n1"
  return name.starts_with("nvme") && parse_unsigned(name.substr(4)).has_value();
}

/// Of "traddr=192.0.2.1,trsvcid=4420" what follows "traddr=".
std::string address_part(std::string_view text, std::string_view key) {
  for (const auto part : split(text, ','))
    if (part.starts_with(key)) return std::string(trim(part.substr(key.size())));
  return {};
}

/// "nn-0x200000109b579ef6:pn-0x100000109b579ef6" of this host -> the functions of the Fibre Channel ports of that name.
std::vector<PciAddress> fibre_channel_functions(const Root& root, const std::string& host_address) {
  std::vector<PciAddress> functions;
  const auto at = host_address.find("pn-");
  const auto wanted = at == host_address.npos ? std::nullopt : parse_unsigned(host_address.substr(at + 3), 16);
  const auto hosts = root.list("/sys/class/fc_host");
  if (!wanted || !hosts.has_value()) return functions;
  for (const auto& host : hosts.value()) {
    const auto name = root.read_line("/sys/class/fc_host/" + host + "/port_name");
    const auto path = root.canonical("/sys/class/fc_host/" + host);
    if (path.has_value() && name.has_value() && parse_unsigned(name.value(), 16) == wanted)
      add_functions(functions, functions_behind(root, path.value()));
  }
  return functions;
}

/// The path up to and with the first component that starts with `prefix`; empty where none does.
std::string up_to_component(const std::string& path, std::string_view prefix) {
  const auto at = path.find("/" + std::string(prefix));
  if (at == std::string::npos) return {};
  return path.substr(0, path.find('/', at + 1));
}

/// "/sys/devices/platform/host7/session3/...": the interface that the session was told to use, whatever the routes
/// say; nothing where it was told none.
std::optional<std::string> bound_interface(const Root& root, const std::string& session_path) {
  const auto netdev = root.read_line("/sys/class/iscsi_host/" + base_name(parent_path(session_path)) + "/netdev");
  if (!netdev.has_value() || netdev->empty() || netdev->find('/') != std::string::npos) return std::nullopt;
  if (!root.exists("/sys/class/net/" + netdev.value())) return std::nullopt;  // "default", "(null)"
  return netdev.value();
}

}  // namespace

std::string disk_of(const Root& root, const std::string& sysfs_path) {
  return root.exists(sysfs_path + "/partition") ? parent_path(sysfs_path) : sysfs_path;
}

Footing StorageTracer::block(const std::string& sysfs_path) {
  return once(sysfs_path, [&] { return follow_block(sysfs_path); });
}

Footing StorageTracer::follow_block(const std::string& path) {
  if (!is_sysfs_device(path)) {
    Footing footing;
    footing.label = base_name(path);
    return footing.fail(no_sysfs_device(path));
  }
  const auto disk = disk_of(root_, path);
  if (path.starts_with(virtual_subsystem)) return nvme_head(path);
  if (path.starts_with(virtual_fabrics)) {
    auto footing = nvme_controller(parent_path(disk));
    const auto below = footing.label;
    footing.label = base_name(path);
    footing.below = below;
    return footing;
  }
  const auto slaves = root_.list(disk + "/slaves");
  if (slaves.is_unreadable()) {
    Footing footing;
    footing.label = base_name(path);
    return footing.fail(disk + "/slaves: " + slaves.why());
  }
  if (slaves.has_value() && !slaves->empty()) {
    Footing footing;
    footing.label = base_name(disk);
    const auto name = base_name(disk);
    if (name.starts_with("dm-")) label_mapper(root_, disk, footing);
    if (name.starts_with("md")) footing.label = md_label(root_, disk);
    return follow_parts(std::move(footing), disk, slaves.value());
  }
  if (path.starts_with("/sys/devices/virtual/")) return follow_virtual(path, disk);
  return follow_hardware(path);
}

Footing StorageTracer::follow_parts(Footing whole, const std::string& disk, const std::vector<std::string>& parts) {
  for (const auto& part : parts) {
    const auto path = root_.canonical(disk + "/slaves/" + part);
    whole.stand_on(path.has_value() && path->starts_with("/sys/devices/") ? block(path.value()) : block_by_name(part));
  }
  return whole;
}

Footing StorageTracer::follow_hardware(const std::string& path) {
  Footing footing;
  footing.label = base_name(path);
  footing.functions = functions_behind(root_, path);
  if (path.find("/usb") != std::string::npos) footing.label += " (USB)";
  if (!footing.functions.empty()) return footing;
  const auto session = up_to_component(path, "session");
  if (!session.empty()) return iscsi(footing.label, session);
  if (path.starts_with("/sys/devices/rbd/"))
    return footing.fail("the servers behind " + footing.label + " (Ceph) are not visible", Carrier::network);
  if (path.find("/vhci_hcd") != std::string::npos)
    return footing.fail(footing.label + " comes over the network (USB/IP) from a server that is not visible", Carrier::network);
  if (path.find("/tcm_loop") != std::string::npos)
    return footing.fail("what stands behind " + footing.label + " (a local SCSI target) is not visible");
  return footing;  // a platform device: eMMC of a board, virtio-mmio, Xen, Hyper-V
}

Footing StorageTracer::follow_virtual(const std::string& path, const std::string& disk) {
  const auto name = base_name(disk);
  Footing footing;
  footing.label = base_name(path);
  if (path.starts_with(virtual_net)) {  // Fibre Channel over Ethernet: the disk hangs on the interface
    const auto rest = path.substr(virtual_net.size());
    const auto below = follow_interface(root_, rest.substr(0, rest.find('/')));
    footing.below = "Fibre Channel over " + below.chain;
    footing.functions = below.functions;
    footing.interfaces = {rest.substr(0, rest.find('/'))};
    if (!below.unresolved.empty()) footing.fail(below.unresolved, Carrier::network);
    return footing;
  }
  if (!path.starts_with(virtual_block)) return footing.fail(footing.label + " does not say what it stands on");
  if (name.starts_with("loop")) return loop(disk);
  if (name.starts_with("zram")) return compressed_memory(disk);
  if (name.starts_with("ram")) return footing;
  if (name.starts_with("zd")) return zfs_volume(name);
  if (name.starts_with("nbd"))
    return footing.fail("the server behind " + name + " (network block device) is not visible", Carrier::network);
  if (name.starts_with("etherd!"))
    return footing.fail("the server behind " + name.substr(7) + " (ATA over Ethernet) is not visible", Carrier::network);
  // ublk, rnbd, drbd without a disk of its own, a driver from elsewhere: a program or a server may be behind it.
  return footing.fail(footing.label + " is a virtual device and does not say what it stands on", Carrier::either);
}

Footing StorageTracer::loop(const std::string& disk) {
  Footing footing;
  footing.label = base_name(disk);
  const auto backing = root_.read(disk + "/loop/backing_file", 8192);
  if (!backing.has_value()) return footing.fail(disk + "/loop/backing_file: " + backing.why());
  std::string name = backing.value();
  if (name.ends_with('\n')) name.pop_back();
  if (name.starts_with("/dev/") && device_name(name).has_value())
    footing.stand_on(block_by_device(name));
  else
    footing.stand_on(file(name));
  return footing;
}

Footing StorageTracer::compressed_memory(const std::string& disk) {
  Footing footing;
  footing.label = base_name(disk);
  const auto backing = root_.read_line(disk + "/backing_dev");
  if (backing.is_unreadable()) return footing.fail(disk + "/backing_dev: " + backing.why());
  if (backing.has_value() && backing->starts_with('/')) footing.stand_on(block_by_device(backing.value()));
  return footing;
}

/// With native multipath the disk belongs to the subsystem and has no PCI function above it; its controllers do.
Footing StorageTracer::nvme_head(const std::string& path) {
  Footing footing;
  footing.label = base_name(path);
  const auto rest = path.substr(virtual_subsystem.size());
  const auto subsystem = std::string(virtual_subsystem) + rest.substr(0, rest.find('/'));
  const auto entries = root_.list(subsystem);
  int controllers = 0;
  if (entries.has_value()) {
    for (const auto& entry : entries.value()) {
      if (!is_fabrics_controller(entry)) continue;
      ++controllers;
      const auto controller = root_.canonical(subsystem + "/" + entry);
      footing.stand_on(nvme_controller(controller.has_value() ? controller.value() : subsystem + "/" + entry));
    }
  }
  if (controllers == 0) return footing.fail("the controllers behind " + footing.label + " (NVMe multipath) are not visible");
  return footing;
}

Footing StorageTracer::nvme_controller(const std::string& path) {
  Footing footing;
  footing.label = base_name(path);
  footing.functions = functions_behind(root_, path);
  if (!footing.functions.empty()) return footing;
  const auto transport = root_.read_line(path + "/transport");
  const auto address = root_.read_line(path + "/address");
  const bool over_network = transport.is("tcp") || transport.is("rdma");
  if (over_network && address.has_value()) {
    const auto target = address_part(address.value(), "traddr=");
    return server(footing.label + " (NVMe over " + transport.value() + ") from " + target.substr(0, 80), target);
  }
  if (transport.is("fc") && address.has_value()) {
    footing.label += " (NVMe over Fibre Channel)";
    footing.functions = fibre_channel_functions(root_, address_part(address.value(), "host_traddr="));
    if (!footing.functions.empty()) return footing;
  }
  if (transport.is("pcie") && address.has_value()) {  // the link was not recorded, the address says the same
    if (const auto function = PciAddress::parse(address.value())) {
      footing.functions = {*function};
      return footing;
    }
  }
  return footing.fail("what stands behind the NVMe controller " + footing.label + " is not visible",
                      over_network ? Carrier::network : Carrier::storage);
}

Footing StorageTracer::iscsi(const std::string& name, const std::string& session_path) {
  Footing footing;
  footing.label = name;
  // "session3" has its connections as "connection3:0".
  const auto number = base_name(session_path).substr(std::string_view("session").size());
  const auto bound = bound_interface(root_, session_path);
  const auto connections = root_.list("/sys/class/iscsi_connection");
  bool found = false;
  if (connections.has_value()) {
    for (const auto& connection : connections.value()) {
      if (!connection.starts_with("connection" + number + ":")) continue;
      auto address = root_.read_line("/sys/class/iscsi_connection/" + connection + "/address");
      if (!address.has_value() || address->empty())
        address = root_.read_line("/sys/class/iscsi_connection/" + connection + "/persistent_address");
      if (!address.has_value()) continue;
      found = true;
      Footing from;
      from.label = "iSCSI from " + address->substr(0, 80);
      if (bound) come_through(from, {*bound});
      footing.stand_on(bound ? from : server(from.label, address.value()));
    }
  }
  if (!found) return footing.fail("the server behind " + name + " (iSCSI) is not visible", Carrier::network);
  return footing;
}

}  // namespace vfio_doctor
