// SPDX-License-Identifier: GPL-2.0-or-later
// Read in libvirt 11.3: qemuDomainDefValidateMemoryHotplug(), virDomainDefMemtuneValidate(), virDomainControllerDefValidate() and
// qemuValidateDomainDeviceDefControllerPCI(); in QEMU 10.0: ram_block_add(), vfio_ram_block_discard_disable().
#include "facts/domain/definition_memory.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "facts/domain/libvirt_numbers.hpp"

namespace vfio_doctor {
namespace {

std::uint64_t cells_of(pugi::xml_node domain) {
  const auto cells = domain.child("cpu").child("numa").children("cell");
  return static_cast<std::uint64_t>(std::distance(cells.begin(), cells.end()));
}

/// A memory device, or room for one, wants a greatest memory and a NUMA node that it goes to.
void read_memory_devices(pugi::xml_node domain, std::string_view architecture, const Refuse& refuse) {
  constexpr std::string_view pluggable = "dimm|nvdimm|virtio-mem|virtio-pmem";
  const auto most = domain.child("maxMemory");
  for (const auto device : domain.child("devices").children("memory"))
    if (!most && is_among(device.attribute("model").value(), pluggable))
      return refuse(device, "A memory device wants a <maxMemory>.",
                    "cannot use/hotplug a memory device when domain 'maxMemory' is not defined");
  const bool without_nodes = architecture.starts_with("ppc64") || architecture.starts_with("s390");
  if (most && !without_nodes && cells_of(domain) == 0)
    refuse(most, "Memory that can be plugged in wants a NUMA node of the guest: <cpu> has no <numa>.",
           "At least one numa node has to be configured when enabling memory hotplug");
}

/// The least node of "1-3,5,^2" from `from` on; nothing where there is none, or it is no such list.
std::optional<std::uint64_t> node_from(std::string_view set, std::uint64_t from) {
  std::optional<std::uint64_t> least;
  for (const auto part : split(set, ',')) {
    const auto dash = part.find('-');
    const auto first = parse_unsigned(trim(part.substr(0, dash)));
    const auto last = dash == part.npos ? first : parse_unsigned(trim(part.substr(dash + 1)));
    if (!first || !last || part.starts_with('^')) return std::nullopt;
    if (const auto node = std::max(*first, from); node <= *last && (!least || node < *least)) least = node;
  }
  return least;
}

void read_pages(pugi::xml_node domain, const Refuse& refuse) {
  const auto cells = cells_of(domain);
  for (const auto page : domain.child("memoryBacking").child("hugepages").children("page")) {
    const auto nodes = page.attribute("nodeset");
    // "0" stands for the whole guest where it has no nodes (virDomainDefPostParseMemtune()).
    const auto missing = nodes ? node_from(nodes.value(), std::max<std::uint64_t>(cells, 1)) : std::nullopt;
    if (missing)
      refuse(page, "Huge pages are for a NUMA node that the guest does not have.",
             "hugepages: node " + std::to_string(*missing) + " not found");
  }
}

void read_bus_nodes(pugi::xml_node domain, const Refuse& refuse) {
  const auto cells = cells_of(domain);
  for (const auto controller : domain.child("devices").children("controller")) {
    const auto node = controller.child("target").child("node");
    const auto number = parse_unsigned(trim(node.child_value()));
    if (!node || !number || *number < cells) continue;
    refuse(controller, "A PCI bus is near a NUMA node that the guest does not have.",
           "is configured for a NUMA node (" + std::to_string(*number) + ") not present in the domain's <cpu><numa> array (" +
               std::to_string(cells) + ")");
  }
}

/// SEV-SNP and TDX keep a guest's memory to themselves (guest_memfd), which VFIO got to know in QEMU 10.1.
void read_private_memory(pugi::xml_node domain, const Refuse& refuse_by_some) {
  const auto security = domain.child("launchSecurity");
  if (!is_among(security.attribute("type").value(), "sev-snp|tdx")) return;
  const auto devices = domain.child("devices");
  const auto is_taken = [](pugi::xml_node device) { return is_among(device.attribute("type").value(), "pci|mdev|hostdev"); };
  if (std::ranges::any_of(devices.children("hostdev"), is_taken) ||
      std::ranges::any_of(devices.children("interface"), is_taken))
    refuse_by_some(security, "QEMU takes assigned devices beside private memory of SEV-SNP or TDX since 10.1.",
                   "cannot set up private guest memory: discard currently blocked\nCannot set discarding of RAM broken");
}

}  // namespace

void read_guest_memory(pugi::xml_node domain, std::string_view architecture, const Refuse& refuse,
                       const Refuse& refuse_by_some) {
  read_memory_devices(domain, architecture, refuse);
  read_pages(domain, refuse);
  read_bus_nodes(domain, refuse);
  read_private_memory(domain, refuse_by_some);
}

void read_host_nodes(pugi::xml_node domain, const std::function<std::size_t(pugi::xml_node)>& line_of,
                     std::vector<std::pair<std::uint64_t, std::size_t>>& nodes) {
  constexpr std::size_t most_nodes = 1024;
  for (const auto part : domain.child("numatune").children()) {
    const std::string_view set = part.attribute("nodeset").value();
    for (auto node = node_from(set, 0); node && nodes.size() < most_nodes; node = node_from(set, *node + 1))
      nodes.emplace_back(*node, line_of(part));
  }
}

}  // namespace vfio_doctor
