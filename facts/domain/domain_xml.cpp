// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/domain_xml.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <pugixml.hpp>
#include <string_view>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/definition.hpp"
#include "facts/domain/id_override.hpp"
#include "facts/domain/libvirt_numbers.hpp"
#include "facts/domain/opened_paths.hpp"
#include "facts/domain/qemu_elements.hpp"
#include "facts/domain/xml_parts.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_chain = 200;  // links of a backing chain, as many as libvirt follows

class DomainReader {
 public:
  DomainReader(const std::string& text, const std::string& name) : name_(name), text_(text) {
    if (text.size() > largest_domain_xml) fail("larger than 4 MiB");
    const auto result = document_.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_comments);
    if (!result) {
      const auto line = line_at(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0)));
      throw InputError(name_ + ":" + std::to_string(line) + ": not valid XML: " + result.description());
    }
    for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) line_ends_.push_back(at);
    domain_.file = name;
  }

  Domain read() {
    const auto top = document_.document_element();
    const std::string_view kind = top.name();
    if (kind == "domain") root_ = top;
    // /run/libvirt/qemu/NAME.xml, a snapshot, a checkpoint
    if (kind == "domstatus" || kind == "domainsnapshot" || kind == "domaincheckpoint") root_ = top.child("domain");
    if (kind == "network")
      read_network(top);
    else if (root_)
      read_domain();
    else
      read_fragment(top);
    if (root_) {
      read_definition(
          root_, [this](pugi::xml_node node) { return line_of(node); }, domain_);
      read_id_overrides(root_, domain_);
    }
    return std::move(domain_);
  }

 private:
  struct Place {
    std::uint64_t bus = 0;
    SlotChain::Step step;
  };
  struct Controller {
    std::string model;
    std::optional<Place> place;  ///< nothing: a root, or libvirt has not placed it yet
  };

  [[noreturn]] void fail(const std::string& what) const { throw InputError(name_ + ": " + what); }

  std::size_t line_of(pugi::xml_node node) const {
    const auto offset = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    return static_cast<std::size_t>(std::ranges::upper_bound(line_ends_, offset) - line_ends_.begin()) + 1;
  }

  /// Where the element's name begins in the text; 0 where there is no such element or the text was converted first.
  std::size_t spot_of(pugi::xml_node node) const {
    const auto at = static_cast<std::size_t>(std::max<std::ptrdiff_t>(node.offset_debug(), 0));
    return at > 0 && text_.compare(at, std::strlen(node.name()), node.name()) == 0 && text_[at - 1] == '<' ? at : 0;
  }

  void fault(pugi::xml_node node, const std::string& what, const std::string& words) {
    if (domain_.faults.size() < most_domain_devices) domain_.faults.push_back({line_of(node), what, words});
  }

  /// 0 where it is not said; nothing, and a fault, where it is no number or too large.
  std::optional<std::uint64_t> part(pugi::xml_node node, const char* key, std::uint64_t limit, const char* limit_text) {
    const auto given = node.attribute(key);
    if (!given) return 0;
    const auto value = libvirt_number(given.value());
    if (value && *value <= limit) return value;
    const auto shown = std::string(given.value()).substr(0, 40);
    fault(node, std::string("<address> has no valid ") + key + ": '" + shown + "'.",
          value && *value <= 0xffffffff ? out_of_range(key, *value, limit_text)
                                        : "Invalid value for attribute '" + std::string(key) + "' in element 'address': '" +
                                              shown + "'. Expected non-negative integer value");
    return std::nullopt;
  }

  std::optional<PciAddress> source_address(pugi::xml_node node) {
    const auto domain = part(node, "domain", 0xffffffff, "0xFFFFFFFF"), bus = part(node, "bus", 0xff, "0xFF"),
               slot = part(node, "slot", 0x1f, "0x1F"), function = part(node, "function", 7, "7");
    if (!domain || !bus || !slot || !function) return std::nullopt;
    return PciAddress{static_cast<std::uint32_t>(*domain), static_cast<std::uint8_t>(*bus), static_cast<std::uint8_t>(*slot),
                      static_cast<std::uint8_t>(*function)};
  }

  GuestAddress guest_address(pugi::xml_node device) {
    GuestAddress result;
    const auto node = device.child("address");
    result.type = node.attribute("type").value();
    result.multifunction = node.attribute("multifunction").value();
    result.at = spot_of(node);
    if (result.type != "pci" || (!node.attribute("slot") && !node.attribute("bus"))) return result;
    const auto domain = part(node, "domain", 0xffffffff, "0xFFFF"), bus = part(node, "bus", 0xff, "0xFF"),
               slot = part(node, "slot", 0x1f, "0x1F"), function = part(node, "function", 7, "7");
    if (!domain || !bus || !slot || !function) return result;
    result.domain = *domain;
    result.bus = *bus;
    result.slot = static_cast<std::uint8_t>(*slot);
    result.function = static_cast<std::uint8_t>(*function);
    result.placed = *domain != 0 || *bus != 0 || *slot != 0;  // libvirt takes all zeros for "not said"
    return result;
  }

  static std::optional<Place> place_of(const GuestAddress& address) {
    if (!address.placed) return std::nullopt;
    return Place{address.bus, {address.slot, address.function}};
  }

  void read_controllers(pugi::xml_node devices) {
    for (const auto node : devices.children("controller")) {
      GuestDevice device{"controller", node.attribute("model").value(), {}, guest_address(node), line_of(node), {}};
      if (std::string_view(node.attribute("type").value()) == "pci")
        device.index = libvirt_number(node.attribute("index").value());
      if (device.index && controllers_.size() < most_domain_devices)
        controllers_[*device.index] = {device.model, place_of(device.address)};
      keep(std::move(device));
    }
  }

  void keep(GuestDevice device) {
    if (domain_.guest_devices.size() >= most_domain_devices) fail("too many devices");
    domain_.guest_devices.push_back(std::move(device));
  }

  /// `bus` in the XML is the index of the controller that makes it, not a bus number that the guest will see.
  std::optional<SlotChain> chain_of(const std::optional<Place>& device) const {
    if (!device) return std::nullopt;
    SlotChain chain{{device->step}};
    for (auto bus = device->bus; chain.steps.size() < SlotChain::most_steps;) {
      const auto found = controllers_.find(bus);
      if (found == controllers_.end()) return bus == 0 ? std::optional(chain) : std::nullopt;
      const auto& [model, place] = found->second;
      // A PCIe expander makes a root bus of its own; a conventional one hides a bridge that the XML does not show.
      if (model == "pcie-root" || model == "pci-root" || model == "pcie-expander-bus") return chain;
      if (model == "pci-expander-bus" || !place) return std::nullopt;
      chain.steps.insert(chain.steps.begin(), place->step);
      bus = place->bus;
    }
    return std::nullopt;  // controllers that stand on each other
  }

  void add(DomainHostdev device) {
    if (domain_.hostdevs.size() >= most_domain_devices) fail("too many devices");
    domain_.hostdevs.push_back(std::move(device));
  }

  /// QEMU drives the controller through VFIO, so libvirt takes it from the host like any assigned function
  /// (virHostdevPrepareNVMeDevices); it looks at every link of the backing chain (virHostdevGetNVMeDeviceList).
  void read_disk(pugi::xml_node disk) {
    auto link = disk;
    for (std::size_t depth = 0; link && depth < most_chain; ++depth, link = link.child("backingStore")) {
      read_nvme(link);
      read_nvme(link.child("source").child("dataStore"));
    }
    if (link) fault(disk, "The backing chain of a disk has more than 200 links.", "backing chain depth");
  }

  void read_nvme(pugi::xml_node node) {
    if (std::string_view(node.attribute("type").value()) != "nvme") return;
    domain_.notes.push_back("A <disk type='nvme'> is driven by QEMU itself: the guest sees a virtual disk instead.");
    const auto source = node.child("source");
    if (!source.child("address")) return;
    const auto address = source_address(source.child("address"));
    if (!address) return;
    // Several namespaces of one controller are one function (libvirt keeps one reference per controller).
    for (const auto& known : domain_.hostdevs)
      if (known.origin == DomainHostdev::Origin::disk && known.source == *address) return;
    DomainHostdev device;
    device.origin = DomainHostdev::Origin::disk;
    device.source = *address;
    device.managed = std::string_view(source.attribute("managed").value()) == "yes";
    device.reaches_guest = false;
    device.line = line_of(node);
    device.spots = {spot_of(node), spot_of(source), spot_of(source.child("address")), 0, spot_of(source)};
    add(std::move(device));
  }

  /// `node` has the <source>, `device` the alias and the guest's address: they differ where libvirt wrote <actual>.
  void read_function(pugi::xml_node node, pugi::xml_node device, DomainHostdev::Origin origin) {
    const auto source = node.child("source");
    if (!source.child("address")) return fault(device, "A <" + std::string(device.name()) + "> has no <source><address>.", {});
    DomainHostdev result;
    result.line = line_of(device);
    result.origin = origin;
    result.address = guest_address(device);
    const auto address = source_address(source.child("address"));
    if (!address) return;
    result.source = *address;
    result.managed = std::string_view(node.attribute("managed").value()) == "yes";
    result.reaches_guest = result.address.type != "unassigned";
    result.guest_path = chain_of(place_of(result.address));
    result.label = device.child("alias").attribute("name").value();
    result.comment = comment_of(device);
    result.mode = node.attribute("mode").value();
    result.driver = node.child("driver").attribute("name").value();
    result.model = node.child("driver").attribute("model").value();
    const std::string_view iommufd = node.child("driver").attribute("iommufd").value();
    result.iommufd = iommufd == "yes" || (iommufd.empty() && all_by_iommufd_);
    result.startup_policy = static_cast<bool>(source.attribute("startupPolicy"));
    result.spots = {spot_of(node), spot_of(source), spot_of(source.child("address")), spot_of(node.child("driver")),
                    spot_of(node)};
    result.rom_file = device.child("rom").attribute("file").value();
    result.rom_disabled = std::string_view(device.child("rom").attribute("enabled").value()) == "no";
    result.rom_bar_given = static_cast<bool>(device.child("rom").attribute("bar"));
    add(std::move(result));
  }

  void read_interface(pugi::xml_node node) {
    const std::string_view type = node.attribute("type").value();
    const auto actual = node.child("actual");  // what libvirt chose at the start, in a status file
    if (std::string_view(actual.attribute("type").value()) == "hostdev")
      return read_function(actual, node, DomainHostdev::Origin::interface);
    if (type == "hostdev") return read_function(node, node, DomainHostdev::Origin::interface);
    if (type != "network" || actual) return;
    domain_.networks.push_back({node.child("source").attribute("network").value(), line_of(node)});
    domain_.notes.push_back(pool_note);
  }

  void read_iommu(pugi::xml_node node) {
    const auto driver = node.child("driver");
    const auto said = [&driver](const char* name) { return std::string(driver.attribute(name).value()); };
    if (domain_.viommus.size() >= most_domain_devices) fail("too many devices");
    VirtualIommu iommu;
    iommu.model = node.attribute("model").value();
    iommu.caching_mode = said("caching_mode");
    iommu.intremap = said("intremap");
    iommu.eim = said("eim");
    iommu.aw_bits = said("aw_bits");
    iommu.iotlb = said("iotlb");
    iommu.dma_translation = said("dma_translation");
    iommu.accelerated = said(iommu.model == "amd" ? "dma_remap" : "accel");
    iommu.pci_bus = libvirt_number(said("pciBus"));
    iommu.line = line_of(node);
    iommu.at = spot_of(node);
    iommu.driver_at = spot_of(driver);
    domain_.viommus.push_back(std::move(iommu));
  }

  void read_device(pugi::xml_node node) {
    const std::string_view kind = node.name(), type = node.attribute("type").value();
    const auto functions = domain_.hostdevs.size();
    if (const auto order = node.child("boot").attribute("order"))
      if (const auto value = libvirt_number(order.value()))
        domain_.boot_orders.emplace_back(*value, line_of(node.child("boot")));
    read_opened_by_element(node, line_of(node), domain_);
    if (kind == "disk") read_disk(node);
    if (kind == "interface") read_interface(node);
    if (kind == "iommu") read_iommu(node);
    if (kind == "hostdev" && type == "mdev" && node.child("source").child("address").attribute("uuid")) {
      domain_.mdevs.push_back(
          {node.child("source").child("address").attribute("uuid").value(), node.attribute("model").value(), line_of(node)});
      domain_.notes.push_back(
          "A <hostdev type='mdev'> is a part of a host device, with ids of its own: the manifest leaves it out.");
    }
    if (kind == "hostdev" && type == "usb") {
      domain_.usb.push_back(usb_of(node));
      domain_.usb.back().line = line_of(node);
      domain_.notes.push_back("A <hostdev type='usb'> hangs on an emulated controller: the manifest leaves it out.");
    }
    const bool is_pci = kind == "hostdev" && type == "pci";
    if (is_pci) read_function(node, node, DomainHostdev::Origin::hostdev);
    if (!is_pci && kind != "controller" && node.type() == pugi::node_element)
      if (auto address = guest_address(node);
          address.placed && (kind == "disk" || domain_.hostdevs.size() == functions))  // else it is kept there
        keep({std::string(kind), {}, {}, std::move(address), line_of(node), {}});
  }

  void read_devices(pugi::xml_node devices) {
    read_controllers(devices);
    for (const auto node : devices.children()) read_device(node);
    for (auto& device : domain_.guest_devices) device.place = chain_of(place_of(device.address));
  }

  void read_domain() {
    domain_.name = root_.child_value("name");
    domain_.type = root_.attribute("type").value();
    const auto os = root_.child("os");
    domain_.machine = os.child("type").attribute("machine").value();
    domain_.architecture = os.child("type").attribute("arch").value();
    domain_.loader = os.child("loader").child_value();
    if (std::string_view(os.attribute("firmware").value()) == "efi") domain_.loader = "efi";
    if (os) domain_.os_line = line_of(os);
    read_processor(root_.child("cpu"));
    if (os.child("boot")) domain_.os_boot_line = line_of(os.child("boot"));
    domain_.memory_bytes = bytes_of(root_.child("memory"));
    if (root_.child("memory")) domain_.memory_line = line_of(root_.child("memory"));
    const auto limit = root_.child("memtune").child("hard_limit");
    domain_.hard_limit_bytes = bytes_of(limit);
    if (limit) domain_.hard_limit_line = line_of(limit);
    if (const auto huge = root_.child("memoryBacking").child("hugepages")) {
      const auto page = huge.child("page");
      domain_.huge_pages = true;
      domain_.huge_page_bytes = libvirt_bytes(page.attribute("size").value(), page.attribute("unit").value());
      if (page.attribute("nodeset") || page.next_sibling("page")) domain_.huge_page_bytes = 0;
    }
    const auto features = root_.child("features"), io_apic = features.child("ioapic");
    domain_.io_apic = io_apic.attribute("driver").value();
    domain_.features_at = spot_of(features);
    domain_.io_apic_at = spot_of(io_apic);
    all_by_iommufd_ = std::string_view(root_.child("iommufd").attribute("enabled").value()) == "yes";
    for (const auto devices : root_.children("devices")) read_devices(devices);
    read_qemu_elements(
        root_, [this](pugi::xml_node node) { return line_of(node); }, domain_);
  }

  void read_processor(pugi::xml_node cpu) {
    const auto width = cpu.child("maxphysaddr");
    auto& processor = domain_.processor;
    processor.mode = cpu.attribute("mode").value();
    processor.address_mode = width.attribute("mode").value();
    const bool emulated = processor.address_mode == "emulate";
    processor.address_bits = parse_unsigned(width.attribute(emulated ? "bits" : "limit").value());
    if (cpu) processor.line = line_of(cpu);
  }

  /// What `virsh attach-device` takes, alone or under <devices>.
  void read_fragment(pugi::xml_node top) {
    const std::string_view kind = top.name();
    domain_.form = Domain::Form::fragment;
    domain_.name = name_.substr(name_.rfind('/') + 1);
    const auto line = [this](pugi::xml_node node) { return line_of(node); };
    if (kind == "device" && top.child("capability"))
      fail("describes a device of the host (virsh nodedev-dumpxml) and is no domain" + way_to_node_device(top));
    if (kind == "devices")
      read_devices(top);
    else if (kind == "hostdev" || kind == "interface" || kind == "disk")
      for (auto node = top; node; node = node.next_sibling()) {
        read_device(node);
        if (node.type() == pugi::node_element) read_definition(node, line, domain_);
      }
    else
      fail("no <domain> in it");
    if (kind == "devices") read_definition(top, line, domain_);
    if (!domain_.takes_anything()) fail("it takes nothing from the host");
  }

  /// A pool of functions: any domain on this network gets one of them.
  void read_network(pugi::xml_node top) {
    const auto forward = top.child("forward");
    if (std::string_view(forward.attribute("mode").value()) != "hostdev") fail("a <network> that hands out no host function");
    domain_.form = Domain::Form::network;
    domain_.name = top.child_value("name");
    for (const auto node : forward.children("address")) {
      DomainHostdev device;
      device.origin = DomainHostdev::Origin::network;
      device.managed = std::string_view(forward.attribute("managed").value()) == "yes";
      device.line = line_of(node);
      if (const auto address = source_address(node)) {
        device.source = *address;
        add(std::move(device));
      }
    }
    domain_.pool_is_managed = std::string_view(forward.attribute("managed").value()) == "yes";
    for (const auto node : forward.children("pf")) {
      domain_.pool_cards.emplace_back(line_of(node), node.attribute("dev").value());
      domain_.unresolved.push_back({line_of(node),
                                    "The network hands out virtual functions of " +
                                        std::string(node.attribute("dev").value()).substr(0, 40) +
                                        "; which of them a domain gets is known only when it starts.",
                                    {}});
    }
    if (!domain_.takes_anything()) fail("a <network> that hands out no host function");
  }

  const std::string& name_;
  const std::string& text_;
  std::vector<std::size_t> line_ends_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  std::map<std::uint64_t, Controller> controllers_;
  bool all_by_iommufd_ = false;  ///< <iommufd enabled='yes'/> (libvirt 12.2)
  Domain domain_;
};

}  // namespace

Domain parse_domain_xml(const std::string& text, const std::string& name) { return DomainReader(text, name).read(); }

}  // namespace vfio_doctor
