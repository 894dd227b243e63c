// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.hpp"
#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

using Kind = GuestChild::Kind;

struct ClassDirectory {
  const char* name;
  Kind kind;
};
/// Directories whose entries stand for a working device by themselves: the driver makes them once the device has answered.
constexpr std::array node_classes = {"tty",  "video4linux", "dvb",          "accel",       "apex",          "bluetooth",
                                     "wwan", "tpm",         "fpga_manager", "fpga_region", "hailo_chardev", "xdma",
                                     "mei",  "dma",         "fc_host",      "firewire",    "habanalabs",    "scsi_device"};
constexpr std::array node_buses = {"firewire", "dsa", "thunderbolt", "cxl"};
constexpr std::array classes = {
    ClassDirectory{"block", Kind::block},           ClassDirectory{"net", Kind::net},
    ClassDirectory{"ieee80211", Kind::wireless},    ClassDirectory{"sound", Kind::sound},
    ClassDirectory{"drm", Kind::display},           ClassDirectory{"mmc_host", Kind::mmc},
    ClassDirectory{"scsi_host", Kind::scsi},        ClassDirectory{"nvme", Kind::nvme},
    ClassDirectory{"infiniband", Kind::infiniband},
};

GuestChild child_of(const ClassDirectory& of, const std::string& name) {
  GuestChild child;
  child.kind = of.kind;
  child.name = name;
  child.type = of.name;
  return child;
}

/// "card0", not "controlC0" or "card0-HDMI-A-1": what stands for the whole device.
bool is_whole_device(Kind kind, const std::string& name) {
  if (kind == Kind::sound) return name.starts_with("card") || name.starts_with("hwC") || name.starts_with("pcm");
  if (kind == Kind::display)
    return (name.starts_with("card") || name.starts_with("renderD")) && name.find('-') == std::string::npos;
  return true;
}

Observed<std::uint64_t> read_sectors(const Root& root, const std::string& path) {
  const auto line = root.read_line(path + "/size");
  if (!line.has_value()) return Observed<std::uint64_t>::like(line);
  const auto sectors = parse_unsigned(line.value());
  return sectors ? Observed<std::uint64_t>(*sectors) : Observed<std::uint64_t>::unreadable(path + "/size holds no number");
}

/// With native multipath a namespace's disk hangs on a virtual subsystem, not on the PCI function. The function's
/// controller then holds only its path to it ("nvme0c0n1"), which is as good a proof.
void add_nvme_paths(const Root& root, const std::string& controller, std::vector<GuestChild>& children) {
  const auto entries = root.list(controller);
  if (!entries.has_value()) return;
  for (const auto& name : entries.value()) {
    const bool is_namespace =
        name.starts_with("nvme") && name.find('n', 1) != std::string::npos && root.exists(controller + "/" + name + "/size");
    const auto known = [&name](const GuestChild& child) { return child.name == name; };
    if (!is_namespace || std::any_of(children.begin(), children.end(), known)) continue;
    auto child = child_of({"block", Kind::block}, name);
    child.sectors = read_sectors(root, controller + "/" + name);
    children.push_back(std::move(child));
  }
}

void read_link(const Root& root, const std::string& path, GuestChild& child) {
  child.state = root.read_line(path + "/operstate");
  const auto packets = root.read_line(path + "/statistics/rx_packets");
  const auto received = packets.has_value() ? parse_unsigned(packets.value()) : std::nullopt;
  child.received = received ? Observed<std::uint64_t>(*received) : Observed<std::uint64_t>::absent();
  const auto carrier = root.read_line(path + "/carrier");  // EINVAL while the interface is down
  if (carrier.has_value()) child.carrier = carrier.is("1");
}

/// Where a driver says itself how its device is. Documentation/ABI of Linux 6.18: obsolete/sysfs-class-... and
/// testing/sysfs-class-mei, sysfs-class-fc_host, sysfs-class-fpga-manager, sysfs-driver-habanalabs, sysfs-class-infiniband.
struct StateFile {
  const char *type, *file;
};
constexpr std::array state_files = {StateFile{"mei", "dev_state"}, StateFile{"fc_host", "port_state"},
                                    StateFile{"fpga_manager", "state"}, StateFile{"habanalabs", "status"}};

/// InfiniBand: "4: ACTIVE" of a port that is up, else what its last port says.
Observed<std::string> read_ports(const Root& root, const std::string& path) {
  const auto ports = root.list(path + "/ports");
  auto state = Observed<std::string>::absent();
  if (!ports.has_value()) return state;
  for (const auto& port : ports.value()) {
    state = root.read_line(path + "/ports/" + port + "/state");
    if (state.has_value() && state->find("ACTIVE") != std::string::npos) return state;
  }
  return state;
}

/// The kernel gives up a SCSI disk that no longer answers (scsi_eh_offline_sdevs()), or whose port of a SAN is lost
/// (scsi_target_unblock()), and holds one back while it waits for it (drivers/scsi/scsi_sysfs.c, sdev_states). A disk that nobody
/// may write to says so (block/genhd.c, disk_ro_show()); discs are like that by nature.
void read_disk_state(const Root& root, const std::string& path, GuestChild& child) {
  const auto state = root.read_line(path + "/device/state");
  if (state.is("offline") || state.is("transport-offline"))
    child.state = std::string("offline");
  else if (state.is("blocked"))
    child.state = std::string("blocked");
  else if (!child.name.starts_with("sr") && root.read_line(path + "/ro").is("1"))
    child.state = std::string("read-only");
}

/// A radio that a switch or a program has turned off (Linux, Documentation/ABI/stable/sysfs-class-rfkill).
void read_radio_state(const Root& root, const std::string& path, GuestChild& child) {
  const auto entries = root.list(path);
  if (!entries.has_value()) return;
  for (const auto& name : entries.value()) {
    if (!name.starts_with("rfkill")) continue;
    if (root.read_line(path + "/" + name + "/hard").is("1"))
      child.state = std::string("switched off by hardware");
    else if (root.read_line(path + "/" + name + "/soft").is("1"))
      child.state = std::string("switched off");
  }
}

void read_state(const Root& root, const std::string& path, GuestChild& child) {
  if (child.kind == Kind::nvme) child.state = root.read_line(path + "/state");
  if (child.kind == Kind::net) read_link(root, path, child);
  if (child.kind == Kind::infiniband) child.state = read_ports(root, path);
  if (child.kind == Kind::block) read_disk_state(root, path, child);
  if (child.kind == Kind::wireless || child.type == "bluetooth") read_radio_state(root, path, child);
  // include/uapi/linux/serial_core.h, PORT_UNKNOWN: the driver found no UART there.
  if (child.type == "tty" && root.read_line(path + "/type").is("0")) child.state = std::string("no UART");
  for (const auto& of : state_files)
    if (child.type == of.type) child.state = root.read_line(path + "/" + of.file);
}

void add_child(const Root& root, const ClassDirectory& of, const std::string& name, const std::string& path,
               std::vector<GuestChild>& children) {
  const auto kind = of.kind;
  auto child = child_of(of, name);
  if (kind == Kind::block) {
    if (root.exists(path + "/partition")) return;
    child.sectors = read_sectors(root, path);
  }
  read_state(root, path, child);
  const auto known = [&child](const GuestChild& other) { return other.kind == child.kind && other.name == child.name; };
  if (std::none_of(children.begin(), children.end(), known)) children.push_back(std::move(child));
}

/// What a driver makes is a directory of its function, and the log calls it so: "ata3", "host2", "mhi0", "hdaudioC0D0".
void add_log_names(const Root& root, const std::string& path, GuestFunction& function) {
  if (!function.driver.has_value() || function.is_bridge()) return;
  const auto entries = root.list(path);
  if (!entries.has_value()) return;
  for (const auto& name : entries.value()) {
    const bool is_numbered = is_digit(name.back()) && name.find(':') == std::string::npos;
    if (is_numbered && !name.starts_with("resource")) function.log_names.push_back(to_lower(name));
  }
}

/// Intel's QuickAssist makes no device node; its driver says itself whether it is up (ABI, sysfs-driver-qat).
void add_quickassist(const Root& root, const std::string& path, GuestFunction& function) {
  auto state = root.read_line(path + "/qat/state");
  if (!state.has_value()) return;
  auto child = child_of({"qat", Kind::node}, "qat");
  child.state = std::move(state);
  function.children.value().push_back(std::move(child));
}

class Children {
 public:
  Children(const Root& root, const std::vector<FunctionPath>& functions) : root_(root), functions_(functions) {}

  /// Entries of `base` that lie below one of the functions are its children.
  void add(const std::string& base, const ClassDirectory& of) {
    const auto entries = root_.list(base);
    if (entries.is_unreadable())
      for (const auto& [path, function] : functions_)
        function->children = Observed<std::vector<GuestChild>>::unreadable(base + ": " + entries.why());
    if (!entries.has_value()) return;
    for (const auto& name : entries.value()) {
      if (!is_whole_device(of.kind, name)) continue;
      const auto path = root_.canonical(base + "/" + name);
      auto* owner = path.has_value() ? owner_of(functions_, path.value()) : nullptr;
      if (!owner || !owner->children.has_value()) continue;
      // simpledrm's card is the firmware's picture, not the function's driver: below it since Linux 6.9 (sysfb.c).
      if (of.kind == Kind::display && path->find("-framebuffer") != std::string::npos) continue;
      add_child(root_, of, name, path.value(), owner->children.value());
      if (of.kind == Kind::nvme) controllers_.emplace_back(path.value(), owner);
    }
  }

  void add_paths_of_controllers() {
    for (const auto& [path, owner] : controllers_)
      if (owner->children.has_value()) add_nvme_paths(root_, path, owner->children.value());
  }

  /// A controller that makes a PCI domain of its own (Intel VMD: drivers/pci/controller/vmd.c) works by what is in it.
  void hand_up() {
    for (const auto& [path, function] : functions_) {
      const auto domain = path.rfind("/pci");  // ".../0000:00:0e.0/pci10000:e0/10000:e1:00.0"
      if (function->address.domain <= 0xffff || domain == path.npos || !function->children.has_value()) continue;
      auto* controller = owner_of(functions_, std::string_view(path).substr(0, domain));
      if (!controller || controller->is_bridge() || !controller->children.has_value()) continue;
      for (const auto& child : function->children.value()) controller->children.value().push_back(child);
    }
  }

 private:
  const Root& root_;
  const std::vector<FunctionPath>& functions_;
  std::vector<std::pair<std::string, GuestFunction*>> controllers_;
};

}  // namespace

void gather_children(const Root& root, const std::vector<FunctionPath>& functions) {
  for (const auto& [path, function] : functions) {
    function->children = std::vector<GuestChild>{};
    add_log_names(root, path, *function);
    add_quickassist(root, path, *function);
  }
  Children children(root, functions);
  for (const auto& directory : classes) children.add(std::string("/sys/class/") + directory.name, directory);
  for (const auto* name : node_classes) children.add(std::string("/sys/class/") + name, {name, Kind::node});
  for (const auto* name : node_buses) children.add("/sys/bus/" + std::string(name) + "/devices", {name, Kind::node});
  children.add_paths_of_controllers();
  children.hand_up();
}

}  // namespace vfio_doctor
