// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/pci/gather_pci.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "facts/pci/pci_config.hpp"
#include "facts/pci/pci_names.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "machine/read_number.hpp"
#include "machine/runtime_power.hpp"

namespace vfio_doctor {
namespace {

const std::string devices_path = "/sys/bus/pci/devices";
constexpr std::size_t header_bytes = 64, standard_bytes = 256, all_bytes = 4096, revision_offset = 8;
constexpr std::size_t most_region_bytes = 16 << 10;

Observed<std::string> link_name(const Root& root, const std::string& path) {
  auto target = root.read_link(path);
  return target.has_value() ? Observed<std::string>(base_name(target.value())) : target;
}

template <class First, class Second>
void parse_id_pair(std::string_view text, First& first, Second& second) {
  const auto parts = split(text, ':');
  const auto one = parse_unsigned(parts[0], 16);
  const auto two = parts.size() == 2 ? parse_unsigned(parts[1], 16) : std::nullopt;
  if (!one || !two || *one > 0xffff || *two > 0xffff) return;
  first = static_cast<std::uint16_t>(*one);
  second = static_cast<std::uint16_t>(*two);
}

/// One read answers five questions: DRIVER, PCI_CLASS, PCI_ID, PCI_SUBSYS_ID (drivers/pci/pci-driver.c pci_uevent).
/// False where the tree has no such file (old recordings).
bool gather_from_uevent(const Root& root, AttributePath& path, PciFunction& function) {
  const auto uevent = root.read(path("uevent"));
  if (!uevent.has_value() || uevent->find("PCI_ID=") == std::string::npos) return false;
  function.driver = Observed<std::string>::absent();
  for (const auto line : split_lines(uevent.value())) {
    const auto equals = line.find('=');
    if (equals == line.npos) continue;
    const auto key = line.substr(0, equals), value = line.substr(equals + 1);
    if (key == "DRIVER") function.driver = std::string(value);
    if (key == "PCI_ID") parse_id_pair(value, function.id.vendor, function.id.device);
    if (key == "PCI_SUBSYS_ID") parse_id_pair(value, function.id.subsystem_vendor, function.id.subsystem_device);
    if (key == "PCI_CLASS")
      if (const auto code = parse_unsigned(value, 16); code && *code <= 0xffffff)
        function.id.class_code = static_cast<std::uint32_t>(*code);
  }
  return true;
}

void gather_from_attributes(const Root& root, AttributePath& path, PciFunction& function) {
  function.id.vendor = read_number<std::uint16_t>(root, path("vendor"), 16);
  function.id.device = read_number<std::uint16_t>(root, path("device"), 16);
  function.id.subsystem_vendor = read_number<std::uint16_t>(root, path("subsystem_vendor"), 16);
  function.id.subsystem_device = read_number<std::uint16_t>(root, path("subsystem_device"), 16);
  function.id.class_code = read_number<std::uint32_t>(root, path("class"), 16);
  function.driver = link_name(root, path("driver"));
}

/// Reading `config` resumes a sleeping function (pci_config_pm_runtime_get in drivers/pci/pci-sysfs.c): look at the
/// power state first and leave it asleep unless the user asked otherwise.
bool is_asleep(const PciFunction& function) {
  return may_sleep(function.runtime_status) || function.runtime_status.is_unreadable() || function.power_state.is("D3cold");
}

/// Everything that was not read, and why.
void mark_unread(PciFunction& function, const std::string& why, UnreadCause cause) {
  const auto mark = [&]<class T>(Observed<T>& fact) {
    if (fact.is_unreadable()) fact = Observed<T>::unreadable(why, cause);
  };
  mark(function.config.header_type);
  mark(function.config.multifunction);
  mark(function.config.pcie_type);
  mark(function.config.acs);
  mark(function.config.function_level_reset);
  mark(function.id.serial);
}

void decode_config(std::string_view bytes, PciFunction& function) {
  function.config = decode_pci_config(bytes);
  function.id.serial = decode_serial(bytes, function.config);
}

/// Its power state and its header. A function that runtime power management calls active is not woken by a look, and where it
/// answers, nobody needs its power state: one file less of each. Where it does not, the state tells sleep from a fault.
Observed<std::string> read_header(const Root& root, Wake wake, AttributePath& path, PciFunction& function) {
  using Bytes = Observed<std::string>;
  static const auto not_needed = Bytes::unreadable("not asked: it is active and answers");  // shared by thousands
  const auto look = [&] { return root.read_head(path("config"), header_bytes); };
  function.runtime_status = root.read_line(path("power/runtime_status"));
  const bool is_active = function.runtime_status.is("active");
  auto bytes = is_active ? look() : Bytes();
  if (bytes.has_value() && answers(*bytes)) {
    function.power_state = not_needed;
    return bytes;
  }
  function.power_state = root.read_line(path("power_state"));
  if (wake == Wake::no && is_asleep(function)) return Bytes::unreadable("asleep; use --wake", UnreadCause::asleep);
  return is_active ? bytes : look();
}

void gather_config(const Root& root, Wake wake, AttributePath& path, PciFunction& function) {
  auto bytes = read_header(root, wake, path, function);
  if (!bytes.has_value()) return mark_unread(function, bytes.why(), bytes.cause());
  decode_config(bytes.value(), function);
  if (function.config.no_vendor) return mark_unread(function, "its configuration space names no vendor", UnreadCause::other);
  if (bytes->size() == header_bytes && !function.config.all_ones)
    function.id.revision = static_cast<std::uint8_t>((*bytes)[revision_offset]);
  // The rest is needed only to explain groups: for bridges and for functions that share a slot.
  if (function.is_bridge() || function.config.multifunction.is(true)) {
    bytes = root.read_head(path("config"), all_bytes);
    if (bytes.has_value()) decode_config(bytes.value(), function);
    function.config.denied = bytes.has_value() && bytes->size() <= header_bytes;
    if (function.config.denied) mark_unread(function, "needs root: a normal user gets 64 bytes", UnreadCause::permission);
  }
}

Observed<std::vector<std::string>> read_words(const Root& root, const std::string& path) {
  using Words = std::vector<std::string>;
  const auto text = root.read(path);
  if (!text.has_value()) return Observed<Words>::like(text);
  Words words;
  for (const auto word : split_words(text.value())) words.emplace_back(word);
  return words;
}

Observed<std::string> read_driver_override(const Root& root, const std::string& path) {
  auto text = root.read_line(path);
  if (text.has_value() && (text.value() == "(null)" || text->empty())) return Observed<std::string>::absent();
  return text;
}

/// Directories of the functions that VFIO holds, and what it calls them.
using VfioDevices = std::map<std::string, std::string>;

/// All of them at once: the class of the directories that read_vfio_device() asks for. Nothing where the class is not there or
/// a link of it was not seen; each function is asked then.
std::optional<VfioDevices> list_vfio_devices(const Root& root) {
  const std::string class_path = "/sys/class/vfio-dev";
  const auto names = root.list(class_path);
  if (!names.has_value()) return std::nullopt;
  VfioDevices devices;
  for (const auto& name : names.value()) {
    const auto link = root.read_link(class_path + "/" + name);
    if (!link.has_value()) return std::nullopt;
    devices.emplace(parent_path(parent_path(join_path(class_path, link.value()))), name);
  }
  return devices;
}

/// Every driver that registers the function with VFIO gives it this directory (vfio_init_device in
/// drivers/vfio/vfio_main.c, Linux 6.1); libvirt asks it, too (virPCIDeviceGetVfioPath in src/util/virpci.c).
Observed<std::string> read_vfio_device(const Root& root, const std::optional<VfioDevices>& all, const PciFunction& function,
                                       const std::string& path) {
  if (function.driver.is_absent()) return Observed<std::string>::absent();
  if (all) {
    const auto found = all->find(function.sysfs_path);
    return found == all->end() ? Observed<std::string>::absent() : Observed<std::string>(found->second);
  }
  const auto names = root.list(path);
  if (!names.has_value()) return Observed<std::string>::like(names);
  for (const auto& name : names.value())
    if (name.starts_with("vfio") || name.starts_with("noiommu-vfio")) return name;
  return Observed<std::string>::absent();
}

Observed<PciAddress> read_address_link(const Root& root, const std::string& path) {
  const auto name = link_name(root, path);
  if (!name.has_value()) return Observed<PciAddress>::like(name);
  const auto address = PciAddress::parse(name.value());
  return address ? Observed<PciAddress>(*address) : Observed<PciAddress>::unreadable("the link names no PCI function");
}

Observed<std::vector<Region>> read_regions(const Root& root, const std::string& path) {
  const auto text = root.read(path, most_region_bytes);
  return text.has_value() ? parse_regions(text.value()) : Observed<std::vector<Region>>::like(text);
}

/// Only PCI Express has virtual functions: pci_iov_init() in drivers/pci/iov.c looks for nothing else.
Observed<unsigned> read_virtual_functions(const Root& root, AttributePath& path, const PciFunction& function) {
  if (function.config.pcie_type.is(PcieType::conventional)) return Observed<unsigned>::absent();
  return read_number<unsigned>(root, path("sriov_numvfs"), 10);
}

/// What nobody gives to a guest needs no look at its regions: parts of the chipset and the processor are many.
bool has_regions_of_interest(const PciFunction& function) {
  const auto kind = function.class_and_subclass();
  if (!kind || function.is_bridge()) return !kind;
  if (function.virtual_functions.has_value()) return true;
  const auto base = *kind >> 8;
  return base != 0x05 && base != 0x06 && base != 0x08 && base != 0x11 && *kind != 0x0c05;
}

/// The nearest PCI function of a directory in the device tree: a bridge, or the VMD controller of a VMD domain.
std::optional<PciAddress> function_at_or_above(const std::string& sysfs_path) {
  for (auto above = sysfs_path; above.size() > 1; above = parent_path(above))
    if (const auto address = PciAddress::parse(base_name(above))) return address;
  return std::nullopt;
}

Observed<int> read_numa_node(const Root& root, const std::string& path) {
  const auto text = root.read_line(path);
  const auto number = text.has_value() ? parse_signed(text.value()) : std::nullopt;
  if (number && *number >= -1 && *number < 1 << 20) return static_cast<int>(*number);
  return Observed<int>::unreadable(text.has_value() ? "no number" : text.why());
}

/// What is the same for every function.
struct Circumstances {
  Wake wake = Wake::no;
  bool one_numa_node = false;  ///< nothing is near or far then, and the question is spared
  std::optional<VfioDevices> vfio_devices;
};

/// A function that is listed, its directory, and the function above it.
struct Place {
  PciAddress address;
  std::string sysfs_path;
  std::optional<PciAddress> parent;
};

/// The functions that are listed, by address. All of a bus lie in one directory, that of the bridge above them
/// (pci_setup_device() in drivers/pci/probe.c; a virtual function's is its physical one's, pci_iov_add_virtfn() in
/// drivers/pci/iov.c), so one link of a bus is read.
std::vector<Place> find_places(const Root& root, const std::vector<std::string>& names) {
  std::vector<std::pair<PciAddress, std::string>> listed;
  for (const auto& name : names)
    if (const auto address = PciAddress::parse(name)) listed.emplace_back(*address, name);
  std::ranges::sort(listed);
  std::vector<Place> places;
  std::string directory;
  std::optional<PciAddress> parent;
  const auto is_known = [&](const PciAddress& address) {
    return directory != devices_path && places.back().address.domain == address.domain &&
           places.back().address.bus == address.bus;
  };
  for (const auto& [address, name] : listed) {
    if (places.empty() || !is_known(address)) {
      const auto link = root.read_link(devices_path + "/" + name);
      directory = link.has_value() ? parent_path(join_path(devices_path, link.value())) : devices_path;
      parent = function_at_or_above(directory);
    }
    places.push_back({address, directory + "/" + name, parent});
  }
  return places;
}

PciFunction gather_function(const Root& root, const Circumstances& circumstances, const Place& place) {
  PciFunction function;
  function.address = place.address;
  function.sysfs_path = place.sysfs_path;
  function.parent = place.parent;
  AttributePath path(function.sysfs_path);
  if (!gather_from_uevent(root, path, function)) gather_from_attributes(root, path, function);
  gather_config(root, circumstances.wake, path, function);
  if (!function.id.revision.has_value()) function.id.revision = read_number<std::uint8_t>(root, path("revision"), 16);
  function.iommu_group = read_group_link(root, path("iommu_group"));
  function.boot_vga = Observed<bool>::absent();
  if (function.class_and_subclass() == 0x0300) {
    const auto boot_vga = read_number<std::uint8_t>(root, path("boot_vga"), 10);
    function.boot_vga = boot_vga.has_value() ? Observed<bool>(*boot_vga == 1) : Observed<bool>::like(boot_vga);
  }
  function.reset_methods = read_words(root, path("reset_method"));
  function.driver_override = read_driver_override(root, path("driver_override"));
  function.vfio_device = read_vfio_device(root, circumstances.vfio_devices, function, path("vfio-dev"));
  function.numa_node = circumstances.one_numa_node ? Observed<int>::absent() : read_numa_node(root, path("numa_node"));
  function.virtual_functions = read_virtual_functions(root, path, function);
  if (has_regions_of_interest(function)) function.regions = read_regions(root, path("resource"));
  return function;
}

/// On a conventional bus some functions still pull an interrupt line. Which bus is one, the bridge above says.
void look_at_conventional_functions(const Root& root, Wake wake, std::vector<PciFunction>& functions) {
  for (auto& function : functions) {
    if (!function.parent || function.is_bridge()) continue;
    const auto above = std::ranges::lower_bound(functions, *function.parent, {}, &PciFunction::address);
    if (above == functions.end() || above->address != *function.parent) continue;
    const auto& type = above->config.pcie_type;
    if (!type.is(PcieType::pcie_to_pci_bridge) && !type.is(PcieType::conventional)) continue;
    function.interrupt_line = read_number<unsigned>(root, function.sysfs_path + "/irq", 10);
    if (wake == Wake::no && is_asleep(function)) continue;
    const auto bytes = root.read_head(function.sysfs_path + "/config", standard_bytes);
    function.message_interrupts = bytes.has_value() ? has_message_interrupts(bytes.value()) : Observed<bool>::like(bytes);
  }
}

/// dev_set_removable() in drivers/pci/probe.c (Linux 5.14); the ports say who is behind a tunnel.
void find_removable_functions(const Root& root, std::vector<PciFunction>& functions) {
  if (std::ranges::none_of(functions, [](const PciFunction& function) { return function.is_tunnel_controller(); })) return;
  for (auto& function : functions) {
    if (!function.parent) continue;
    const auto text = root.read_line(function.sysfs_path + "/removable");
    function.removable = text.has_value() ? Observed<bool>(text.value() == "removable") : Observed<bool>::like(text);
  }
}

/// A virtual function exists only while a physical one of this host has some enabled (sriov_enable() in
/// drivers/pci/iov.c): mostly there is none to look for.
void find_physical_functions(const Root& root, std::vector<PciFunction>& functions) {
  const bool some_may_be_virtual = std::ranges::any_of(functions, [](const PciFunction& function) {
    const auto& enabled = function.virtual_functions;
    return enabled.is_unreadable() || (enabled.has_value() && enabled.value() > 0);
  });
  for (auto& function : functions)
    function.physical_function =
        some_may_be_virtual ? read_address_link(root, function.sysfs_path + "/physfn") : Observed<PciAddress>::absent();
}

}  // namespace

Observed<std::vector<PciFunction>> gather_pci(const Root& root, Wake wake) {
  using Functions = std::vector<PciFunction>;
  const auto entries = root.list(devices_path);
  if (!entries.has_value()) return Observed<Functions>::like(entries);
  const auto places = find_places(root, *entries);
  // To load the list of names takes as long as to read hundreds of functions.
  auto loading = beside([&root] { return std::make_unique<PciNames>(root); });
  const Circumstances circumstances{wake, root.read_line("/sys/devices/system/node/online").is("0"), list_vfio_devices(root)};
  constexpr std::size_t portion = 8;  // a function is a dozen files: two threads pay off for a few of them
  auto functions = in_parallel(
      places, [&](const Place& place) { return gather_function(root, circumstances, place); }, portion);
  find_physical_functions(root, functions);
  look_at_conventional_functions(root, wake, functions);
  find_removable_functions(root, functions);
  const auto names = loading.get();
  for (auto& function : functions) {
    if (function.id.has_ids()) function.name = names->function_name(*function.id.vendor, *function.id.device);
    if (const auto kind = function.class_and_subclass()) function.class_name = names->class_name(*kind);
  }
  return functions;
}

}  // namespace vfio_doctor
