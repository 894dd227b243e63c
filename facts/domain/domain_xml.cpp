// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/domain_xml.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "base/bounded_json.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_devices = 4096;

/// libvirt takes decimal, 0x hexadecimal and 0 octal numbers.
std::optional<std::uint64_t> number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_unsigned(text, 16);
  if (text.size() > 1 && text.front() == '0') return parse_unsigned(text, 8);
  return parse_unsigned(text);
}

using Arguments = std::map<std::string, std::string>;

/// QEMU takes a device as "DRIVER,KEY=VALUE,..." and as a JSON object with "driver".
Arguments argument_options(std::string_view value) {
  Arguments options;
  if (value.starts_with("{")) {
    try {
      const auto json = parse_bounded_json(value);
      for (const auto& [key, member] : json.items())
        if (member.is_string()) options[key] = member.get<std::string>();
    } catch (const JsonError&) {  // QEMU would not take it either
    }
    return options;
  }
  for (const auto part : split(value, ',')) {
    const auto equals = part.find('=');
    if (equals != part.npos)
      options[std::string(part.substr(0, equals))] = std::string(part.substr(equals + 1));
    else
      options.try_emplace("driver", part);
  }
  return options;
}

class DomainReader {
 public:
  DomainReader(const std::string& text, const std::string& name) : name_(name) {
    if (text.size() > largest_domain_xml) fail("larger than 4 MiB");
    const auto result = document_.load_buffer(text.data(), text.size());
    if (!result) {
      const auto line = line_at(text, static_cast<std::size_t>(std::max<std::ptrdiff_t>(result.offset, 0)));
      throw InputError(name_ + ":" + std::to_string(line) + ": not valid XML: " + result.description());
    }
    root_ = document_.child("domain");
    if (!root_) root_ = document_.child("domstatus").child("domain");  // /run/libvirt/qemu/NAME.xml
    if (!root_) fail("no <domain> in it");
  }

  Domain read() {
    Domain domain;
    domain.name = root_.child_value("name");
    const auto devices = root_.child("devices");
    read_controllers(devices);
    for (const auto node : devices.children()) {
      if (domain.hostdevs.size() > most_devices) fail("too many devices");
      read_device(node, domain);
    }
    for (const auto node : root_.child("qemu:commandline").children("qemu:arg")) read_argument(node, domain);
    return domain;
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

  std::uint64_t attribute(pugi::xml_node node, const char* key, std::uint64_t limit) const {
    const auto given = node.attribute(key);
    if (!given) return 0;
    const auto value = number(given.value());
    if (!value || *value > limit) fail(std::string("<address> has no valid ") + key);
    return *value;
  }

  PciAddress source_address(pugi::xml_node node) const {
    return {static_cast<std::uint32_t>(attribute(node, "domain", 0xffffffff)),
            static_cast<std::uint8_t>(attribute(node, "bus", 0xff)),
            static_cast<std::uint8_t>(attribute(node, "slot", 0x1f)),
            static_cast<std::uint8_t>(attribute(node, "function", 7))};
  }

  std::optional<Place> place_of(pugi::xml_node device) const {
    const auto address = device.child("address");
    if (!address || std::strcmp(address.attribute("type").value(), "pci") != 0 || !address.attribute("slot"))
      return std::nullopt;
    return Place{attribute(address, "bus", 0xffff),
                 {static_cast<std::uint8_t>(attribute(address, "slot", 0x1f)),
                  static_cast<std::uint8_t>(attribute(address, "function", 7))}};
  }

  void read_controllers(pugi::xml_node devices) {
    for (const auto node : devices.children("controller")) {
      if (std::strcmp(node.attribute("type").value(), "pci") != 0) continue;
      const auto index = number(node.attribute("index").value());
      if (!index || controllers_.size() > most_devices) continue;
      controllers_[*index] = {node.attribute("model").value(), place_of(node)};
    }
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

  /// QEMU drives the controller through VFIO, so libvirt takes it from the host like any assigned function
  /// (virHostdevPrepareNVMeDevices).
  void read_nvme_disk(pugi::xml_node node, Domain& domain) const {
    const auto source = node.child("source");
    if (!source.child("address")) return;
    DomainHostdev device;
    device.origin = DomainHostdev::Origin::disk;
    device.source = source_address(source.child("address"));
    device.managed = std::strcmp(source.attribute("managed").value(), "yes") == 0;
    device.reaches_guest = false;
    domain.hostdevs.push_back(std::move(device));
  }

  void read_device(pugi::xml_node node, Domain& domain) {
    const std::string_view kind = node.name(), type = node.attribute("type").value();
    if (kind == "disk" && type == "nvme") {
      domain.notes.push_back("A <disk type='nvme'> is driven by QEMU itself: the guest sees a virtual disk instead.");
      read_nvme_disk(node, domain);
      return;
    }
    if (kind == "interface" && type == "network") {
      domain.notes.push_back("An <interface type='network'> may take a virtual function from a pool; which one is "
                             "only known while the guest runs.");
      return;
    }
    if (kind == "hostdev" && type == "mdev")
      domain.notes.push_back("A <hostdev type='mdev'> is a part of a host device, with ids of its own: the manifest leaves it out.");
    if (kind == "hostdev" && type == "usb")
      domain.notes.push_back("A <hostdev type='usb'> hangs on an emulated controller: the manifest leaves it out.");
    const bool is_hostdev = kind == "hostdev" && type == "pci";
    if (!is_hostdev && !(kind == "interface" && type == "hostdev")) return;
    const auto source = node.child("source").child("address");
    if (!source) fail("a <" + std::string(kind) + "> has no <source><address>");
    DomainHostdev device;
    device.origin = is_hostdev ? DomainHostdev::Origin::hostdev : DomainHostdev::Origin::interface;
    device.source = source_address(source);
    device.managed = std::strcmp(node.attribute("managed").value(), "yes") == 0;
    device.reaches_guest = std::strcmp(node.child("address").attribute("type").value(), "unassigned") != 0;
    device.guest_path = chain_of(place_of(node));
    device.label = node.child("alias").attribute("name").value();
    domain.hostdevs.push_back(std::move(device));
  }

  /// "vfio-pci,host=0000:03:00.0,...", with sysfsdev=/sys/bus/pci/devices/0000:03:00.0, or the same as a JSON object.
  void read_argument(pugi::xml_node node, Domain& domain) const {
    const auto options = argument_options(node.attribute("value").value());
    const auto driver = options.find("driver");
    if (driver == options.end() || !driver->second.starts_with("vfio-pci")) return;
    for (const auto* key : {"host", "sysfsdev"}) {
      const auto option = options.find(key);
      if (option == options.end()) continue;
      const auto source = PciAddress::parse(base_name(option->second));
      if (!source && std::strcmp(key, "sysfsdev") == 0) continue;  // a mediated device
      if (!source) fail("vfio-pci on the command line has no valid host address");
      DomainHostdev device;
      device.origin = DomainHostdev::Origin::command_line;
      device.source = *source;
      domain.hostdevs.push_back(std::move(device));
    }
  }

  const std::string& name_;
  pugi::xml_document document_;
  pugi::xml_node root_;
  std::map<std::uint64_t, Controller> controllers_;
};

}  // namespace

Domain parse_domain_xml(const std::string& text, const std::string& name) { return DomainReader(text, name).read(); }

}  // namespace vfio_doctor
