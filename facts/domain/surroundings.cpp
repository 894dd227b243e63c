// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/surroundings.hpp"

#include <algorithm>
#include <cstdint>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/opened_paths.hpp"
#include "facts/domain/other_forms.hpp"
#include "machine/read_number.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_running = 1024, most_usb = 2048, most_names = 256;

bool is_file_name(const std::string& name) {
  return !name.empty() && name.size() < 200 && name.find('/') == std::string::npos && name.front() != '.';
}

/// The last PCI function on the way to a USB device.
std::optional<PciAddress> controller_of(const std::string& path) {
  std::optional<PciAddress> last;
  for (const auto part : split(path, '/'))
    if (const auto address = PciAddress::parse(part)) last = address;
  return last;
}

Observed<std::vector<HostUsb>> gather_usb(const Root& root) {
  const std::string directory = "/sys/bus/usb/devices";
  const auto names = root.list(directory);
  if (!names.has_value()) return Observed<std::vector<HostUsb>>::like(names);
  std::vector<HostUsb> found;
  for (const auto& name : *names) {
    if (name.find(':') != std::string::npos || found.size() >= most_usb) continue;  // an interface
    const auto read = [&](const char* attribute, int base) -> std::optional<std::uint64_t> {
      const auto text = root.read_line(directory + "/" + name + "/" + attribute);
      return text.has_value() ? parse_unsigned(*text, base) : std::nullopt;
    };
    HostUsb usb;
    const auto vendor = read("idVendor", 16), product = read("idProduct", 16);
    if (!vendor || !product) continue;
    usb.vendor = static_cast<std::uint16_t>(*vendor);
    usb.product = static_cast<std::uint16_t>(*product);
    usb.bus = static_cast<unsigned>(read("busnum", 10).value_or(0));
    usb.device = static_cast<unsigned>(read("devnum", 10).value_or(0));
    usb.hub = name.starts_with("usb") || read("bDeviceClass", 16).value_or(0) == 9;
    const auto path = root.canonical(directory + "/" + name);
    if (path.has_value()) usb.controller = controller_of(*path);
    found.push_back(usb);
  }
  return found;
}

Observed<std::uint64_t> gather_memory(const Root& root) {
  const auto text = root.read("/proc/meminfo");
  if (!text.has_value()) return Observed<std::uint64_t>::like(text);
  for (const auto line : split_lines(*text)) {
    const auto words = split_words(line);
    if (words.size() < 2 || words[0] != "MemTotal:") continue;
    if (const auto kib = parse_unsigned(words[1]); kib && *kib < (1ULL << 52)) return *kib * 1024;
  }
  return Observed<std::uint64_t>::unreadable("no MemTotal in it");
}

/// "0", "0-1,4"
Observed<std::vector<std::uint64_t>> gather_nodes(const Root& root) {
  using Nodes = std::vector<std::uint64_t>;
  constexpr std::uint64_t most_nodes = 1024;
  const std::string file = "/sys/devices/system/node/online";
  const auto text = root.read_line(file);
  if (!text.has_value()) return Observed<Nodes>::like(text);
  Nodes nodes;
  for (const auto part : split(*text, ',')) {
    const auto dash = part.find('-');
    const auto first = parse_unsigned(part.substr(0, dash));
    const auto last = dash == part.npos ? first : parse_unsigned(part.substr(dash + 1));
    if (!first || !last || *last >= most_nodes) return Observed<Nodes>::unreadable(file + " holds no list of nodes");
    for (auto node = *first; node <= *last; ++node) nodes.push_back(node);
  }
  return nodes;
}

/// A domain that takes nothing where the network is of another kind; absent where it is not defined.
Observed<Domain> gather_pool(const Root& root, const std::string& name) {
  if (!is_file_name(name)) return Observed<Domain>::absent();
  auto file = "/etc/libvirt/qemu/networks/" + name + ".xml";
  auto text = root.read(file);
  if (text.is_absent()) {  // defined nowhere, but made all the same (virsh net-create)
    file = "/run/libvirt/network/" + name + ".xml";
    text = root.read(file);
  }
  if (!text.has_value()) return Observed<Domain>::like(text);
  try {
    auto pool = parse_domain_xml(*text, file);
    resolve_pools(pool, root);
    return pool;
  } catch (const InputError&) {  // NAT, a bridge, ...
    return Domain{};
  }
}

}  // namespace

namespace {

Observed<std::vector<RunningDomain>> domains_in(const Root& root, const std::string& directory) {
  const auto names = root.list(directory);
  if (!names.has_value()) return Observed<std::vector<RunningDomain>>::like(names);
  std::vector<RunningDomain> running;
  for (const auto& name : *names) {
    if (!name.ends_with(".xml") || running.size() >= most_running) continue;
    const auto file = directory + "/" + name;
    const auto text = root.read(file, largest_domain_xml);
    if (text.is_unreadable()) return Observed<std::vector<RunningDomain>>::unreadable(file + ": " + text.why());
    if (!text.has_value()) continue;  // it ended meanwhile
    try {
      auto domain = parse_domain_xml(*text, file);
      running.push_back({domain.name, file, std::move(domain.hostdevs), std::move(domain.mdevs)});
    } catch (const InputError& problem) {
      return Observed<std::vector<RunningDomain>>::unreadable(problem.what());
    }
  }
  return running;
}

}  // namespace

Observed<std::vector<RunningDomain>> gather_running_domains(const Root& root) { return domains_in(root, "/run/libvirt/qemu"); }

DomainSurroundings gather_surroundings(const Root& root, const Domain& domain, bool complete) {
  DomainSurroundings around;
  around.complete = complete;
  around.running = gather_running_domains(root);
  around.autostart = domains_in(root, "/etc/libvirt/qemu/autostart");
  if (!domain.usb.empty()) around.usb = gather_usb(root);
  around.memory_bytes = gather_memory(root);
  if (!domain.host_nodes.empty()) around.nodes = gather_nodes(root);
  const auto iommufd = root.kind("/dev/iommu");
  around.iommufd = iommufd.has_value() ? Observed<bool>(true) : Observed<bool>::like(iommufd);
  if (std::ranges::any_of(domain.hostdevs, &DomainHostdev::legacy_vga))
    around.vga_disabled = read_switch(root, "/sys/module/vfio_pci/parameters/disable_vga");
  for (const auto& device : domain.hostdevs)
    if (device.rom_file.starts_with("/") && around.files.size() < most_names)
      around.files.emplace(device.rom_file, root.kind(device.rom_file));
  for (const auto& mdev : domain.mdevs)
    if (is_file_name(mdev.uuid) && around.mdevs.size() < most_names) {
      const auto kind = root.kind("/sys/bus/mdev/devices/" + to_lower(mdev.uuid));
      around.mdevs.emplace(mdev.uuid, kind.has_value() ? Observed<bool>(true) : Observed<bool>::like(kind));
    }
  for (const auto& opened : domain.opens)
    if (around.carriers.size() < most_names && !around.carriers.contains(opened.path))
      around.carriers.emplace(opened.path, functions_of_opened(root, opened));
  for (const auto& network : domain.networks)
    if (around.pools.size() < most_names && !around.pools.contains(network.name))
      around.pools.emplace(network.name, gather_pool(root, network.name));
  return around;
}

}  // namespace vfio_doctor
