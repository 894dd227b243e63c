// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/definition.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/text.hpp"
#include "facts/domain/definition_memory.hpp"
#include "facts/domain/definition_parts.hpp"
#include "facts/domain/libvirt_numbers.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_remarks = 256;
constexpr std::size_t most_shown = 40;

/// An attribute with a closed set of values. `values` are separated by '|'; "number" is a number as libvirt takes it,
/// "positive" one that is not 0. `device` and `type` say which devices: their element, and their type= where it matters; `child` is
/// the element below the device, empty for the device itself.
struct ClosedAttribute {
  std::string_view device, type, child, attribute, values;
  bool required;
};

/// Read in libvirt 9.0.0 and 11.3.0 (src/conf/domain_conf.c, device_conf.c), and tried with both: tests/lab/domains. A value that
/// only later versions know stands here as well: it is no fault.
// clang-format off
constexpr std::array closed_attributes = {
    ClosedAttribute{"*", "", "rom", "bar", "on|off", false},
    ClosedAttribute{"*", "", "rom", "enabled", "yes|no", false},
    ClosedAttribute{"*", "", "boot", "order", "positive", true},
    ClosedAttribute{"*", "", "acpi", "index", "positive", false},
    ClosedAttribute{"*", "", "address", "multifunction", "on|off", false},
    ClosedAttribute{"hostdev", "usb", "source", "startupPolicy", "mandatory|requisite|optional", false},
    ClosedAttribute{"hostdev", "usb", "source", "guestReset", "off|uninitialized|all", false},
    ClosedAttribute{"hostdev", "mdev", "", "model", "vfio-pci|vfio-ccw|vfio-ap", true},
    ClosedAttribute{"hostdev", "mdev", "", "display", "on|off", false},
    ClosedAttribute{"hostdev", "mdev", "", "ramfb", "on|off", false},
    ClosedAttribute{"iommu", "", "", "model", "intel|smmuv3|virtio|amd|smmuv3Dev", true},
    ClosedAttribute{"iommu", "", "driver", "intremap", "on|off", false},
    ClosedAttribute{"iommu", "", "driver", "caching_mode", "on|off", false},
    ClosedAttribute{"iommu", "", "driver", "eim", "on|off", false},
    ClosedAttribute{"iommu", "", "driver", "iotlb", "on|off", false},
    ClosedAttribute{"iommu", "", "driver", "dma_translation", "on|off", false},
    ClosedAttribute{"iommu", "", "driver", "aw_bits", "number", false},
};

constexpr std::string_view controller_models =
    "pci-root|pcie-root|pci-bridge|dmi-to-pci-bridge|pcie-to-pci-bridge|pcie-root-port|pcie-switch-upstream-port|"
    "pcie-switch-downstream-port|pci-expander-bus|pcie-expander-bus";
// clang-format on

std::string shown(pugi::xml_attribute attribute) { return std::string(attribute.value()).substr(0, most_shown); }
std::string_view text_of(pugi::xml_node node, const char* key) { return node.attribute(key).value(); }

class DefinitionReader {
 public:
  DefinitionReader(const std::function<std::size_t(pugi::xml_node)>& line_of, Domain& domain)
      : line_of_(line_of), domain_(domain) {}

  void read(pugi::xml_node top) {
    const std::string_view name = top.name();
    if (name == "domain") {
      read_sizes(top);
      for (const auto devices : top.children("devices")) read_devices(devices);
      read_features(top, refuser());
      read_host_nodes(top, line_of_, domain_.host_nodes);
      read_guest_memory(top, domain_.architecture, refuser(), [this](auto node, const auto& what, const auto& words) {
        if (domain_.refused_by_some.size() < most_remarks) domain_.refused_by_some.push_back({line_of_(node), what, words});
      });
    } else if (name == "devices") {
      read_devices(top);
    } else {
      read_device(top);
    }
  }

 private:
  void refuse(pugi::xml_node node, std::string what, std::string words) {
    if (domain_.refused.size() < most_remarks) domain_.refused.push_back({line_of_(node), std::move(what), std::move(words)});
  }

  static std::string wrong_value(pugi::xml_node node, pugi::xml_attribute attribute) {
    return "Invalid value for attribute '" + std::string(attribute.name()) + "' in element '" + node.name() + "': '" +
           shown(attribute) + "'.";
  }

  void read_closed(pugi::xml_node node, const ClosedAttribute& rule) {
    const std::string name(rule.attribute), element = "<" + std::string(node.name()) + ">";
    const auto attribute = node.attribute(name.c_str());
    if (!attribute) {
      if (rule.required)
        refuse(node, element + " has no " + name + "=.",
               "Missing required attribute '" + name + "' in element '" + node.name() + "'");
      return;
    }
    const bool positive = rule.values == "positive";
    if (positive || rule.values == "number") {
      const auto number = libvirt_number(attribute.value());
      const auto start = "Invalid value for attribute '" + name + "' in element '" + node.name() + "': ";
      if (!number || *number > 0xffffffff)
        refuse(node, element + " wants a number as " + name + "=, not '" + shown(attribute) + "'.",
               start + "'" + shown(attribute) + "'. Expected non-negative integer value");
      else if (positive && *number == 0)
        refuse(node, element + " counts from 1, not from 0.", start + "Zero is not permitted");
    } else if (!is_among(attribute.value(), rule.values)) {
      refuse(node, element + " knows no " + name + "='" + shown(attribute) + "', but " + join_values(rule.values) + ".",
             wrong_value(node, attribute));
    }
  }

  static std::string join_values(std::string_view values) {
    std::string text;
    for (const auto value : split(values, '|')) text += (text.empty() ? "" : ", ") + std::string(value);
    return text;
  }

  void read_device(pugi::xml_node device) {
    const std::string_view kind = device.name(), type = text_of(device, "type");
    for (const auto& rule : closed_attributes) {
      if ((rule.device != "*" && rule.device != kind) || (!rule.type.empty() && rule.type != type)) continue;
      const std::string name(rule.child);  // the iterator of pugixml keeps the pointer
      if (name.empty())
        read_closed(device, rule);
      else
        for (const auto child : device.children(name.c_str())) read_closed(child, rule);
    }
    if (kind == "hostdev") read_hostdev(device);
    if (kind == "disk") read_nvme(device);
    if (kind == "interface") read_interface(device);
  }

  void read_hostdev(pugi::xml_node device) {
    const auto mode = device.attribute("mode"), type = device.attribute("type");
    if (mode && !is_among(mode.value(), "subsystem|capabilities"))
      return refuse(device, "libvirt knows no mode='" + shown(mode) + "' of a <hostdev>.",
                    "unknown hostdev mode '" + shown(mode) + "'\n" + wrong_value(device, mode));
    if (std::string_view(mode.value()) == "capabilities") return;  // a rule of its own: domain-assignment
    if (!type)
      return refuse(device, "A <hostdev> has no type=.", "missing source address type\nMissing required attribute 'type'");
    if (!is_among(type.value(), "usb|pci|scsi|scsi_host|mdev"))
      return refuse(device, "libvirt knows no type='" + shown(type) + "' of a <hostdev>: a PCI function is type='pci'.",
                    "unknown host device source address type '" + shown(type) + "'\n" + wrong_value(device, type));
    if (!device.child("source"))
      return refuse(device, "A <hostdev> has no <source>.", "Missing <source> element in hostdev device");
    const std::string_view kind = type.value();
    if (device.attribute("model") && kind != "mdev" && kind != "scsi_host")
      refuse(device, "model= of a <hostdev> is for mediated devices.",
             "'model' attribute in <hostdev> is only supported when type=");
    if (kind == "pci" && device.child("source").attribute("writeFiltering"))
      refuse(device, "QEMU does not filter what a guest writes to configuration space.",
             "Write filtering of PCI device configuration space is not supported by qemu");
    if (kind != "usb" && kind != "pci" && device.child("source").attribute("startupPolicy"))  // of those: domain-assignment
      refuse(device, "A startupPolicy is for USB devices.", "Setting startupPolicy is only allowed for USB devices");
    if (kind == "usb") read_usb(device);
    if (kind == "mdev") read_mdev(device);
    read_teaming(device);
  }

  void read_usb(pugi::xml_node device) {
    const auto source = device.child("source");
    const auto vendor = source.child("vendor"), product = source.child("product"), address = source.child("address");
    if (vendor && !product) refuse(device, "It names a vendor and no product.", "missing product");
    if (product && !vendor) refuse(device, "It names a product and no vendor.", "missing vendor");
    read_number(vendor, "id", true);
    read_number(product, "id", false);
    read_number(address, "bus", false);
    read_number(address, "device", false);
    const auto type = text_of(device.child("address"), "type");
    if (!type.empty() && type != "usb")
      refuse(device, "A USB device has its place in the guest on a USB bus.", "USB host device must use 'usb' address type");
    if (!vendor && !product && !address)
      return refuse(device, "A USB device is named neither by its ids nor by its place.",
                    "Missing <source> element in hostdev device");
    const auto key = "usb " + key_of(vendor, "id") + key_of(product, "id") + key_of(address, "bus") + key_of(address, "device");
    tell_twice(device, key, "A USB device is taken twice");
  }

  static std::string key_of(pugi::xml_node node, const char* attribute) {
    const auto number = libvirt_number(node.attribute(attribute).value());
    return node ? std::to_string(number.value_or(0)) + " " : "- ";
  }

  void read_number(pugi::xml_node node, const char* attribute, bool positive) {
    if (node) read_closed(node, {"", "", "", attribute, positive ? "positive" : "number", true});
  }

  void read_mdev(pugi::xml_node device) {
    const auto address = device.child("source").child("address");
    if (!address)
      refuse(device, "A mediated device has no <source><address uuid=>.", "Missing <address> element");
    else if (!address.attribute("uuid"))
      refuse(device, "The address of a mediated device has no uuid=.", "Missing 'uuid' attribute for element <address>");
    else
      tell_twice(device, "mdev " + to_lower(text_of(address, "uuid")), "A mediated device is taken twice");
    const auto model = std::string(text_of(device, "model").substr(0, most_shown));
    if ((model == "vfio-pci" || model == "vfio-ap") && device.child("boot"))
      refuse(device, "A guest cannot boot from a mediated device.",
             "booting from assigned devices is not supported by mediated devices of model " + model);
    const auto type = std::string(text_of(device.child("address"), "type").substr(0, most_shown));
    const std::string_view right = model == "vfio-pci" ? "pci" : model == "vfio-ccw" ? "ccw" : "";
    if (!right.empty() && !type.empty() && type != right)
      refuse(device, "Its place in the guest is of type '" + type + "'.",
             "Unsupported address type '" + type + "' with mediated device model '" + model + "'");
    if (text_of(device, "ramfb") == "on" && ++with_ramfb_ > 1)
      refuse(device, "Two devices have ramfb='on'.", "Only one vgpu device can have 'ramfb' enabled");
    if (text_of(device, "display") == "on" && device.parent().name() == std::string_view("devices") &&
        !device.parent().child("graphics"))
      refuse(device, "display='on' wants a <graphics> that shows it.",
             "graphics device is needed for attribute value 'display=on' in <hostdev>");
  }

  void read_teaming(pugi::xml_node device) {
    const auto teaming = device.child("teaming");
    if (!teaming) return;
    if (text_of(teaming, "type") != "transient")
      refuse(device, "An assigned device is the transient half of a team.",
             "teaming hostdev devices must have type='transient'");
    else if (!teaming.attribute("persistent"))
      refuse(device, "<teaming> does not name its other half.",
             "missing required persistent attribute in hostdev teaming element");
  }

  void read_nvme(pugi::xml_node disk) {
    const auto source = disk.child("source");
    if (text_of(disk, "type") != "nvme" || !source) return;
    const auto name = source.attribute("namespace");
    const auto type = source.attribute("type");
    if (!type)
      refuse(disk, "The <source> of an NVMe disk has no type='pci'.", "missing 'type' attribute to disk source");
    else if (std::string_view(type.value()) != "pci")
      refuse(disk, "The <source> of an NVMe disk is of type='pci', not '" + shown(type) + "'.",
             "unsupported source type '" + shown(type) + "'");
    if (!name)
      refuse(disk, "An NVMe disk names no namespace.",
             "missing 'namespace' attribute to disk source\nMissing required attribute 'namespace' in element 'source'");
    else if (libvirt_number(name.value()).value_or(1) == 0)
      refuse(disk, "Namespaces of an NVMe controller count from 1.", "NVMe namespace can't be zero");
    if (!source.child("address")) refuse(disk, "An NVMe disk has no <source><address>.", "NVMe disk source is missing address");
  }

  void read_interface(pugi::xml_node device) {
    const auto type = text_of(device, "type");
    const auto source = device.child("source");
    if (type == "network" && !source)
      refuse(device, "An <interface type='network'> has no <source>.", "interface type='network' requires a 'source' element");
    // libvirt reads the kind from <source><address type=>, not from the interface.
    if (type == "hostdev" && source && !source.child("address").attribute("type"))
      refuse(device, "Its <source><address> has no type='pci'.",
             "missing source address type\nunknown host device source address type '(null)'");
    if (type == "network" || type == "hostdev") read_interface_parts(device, refuser());
  }

  Refuse refuser() {
    return [this](pugi::xml_node node, const std::string& what, const std::string& words) { refuse(node, what, words); };
  }

  void tell_twice(pugi::xml_node device, const std::string& key, const std::string& what) {
    const auto line = line_of_(device);
    const auto [first, is_new] = seen_.emplace(key, line);
    if (!is_new)
      refuse(device, what + ", first in line " + std::to_string(first->second) + ".",
             "Hostdev already exists in the domain configuration");
  }

  void read_devices(pugi::xml_node devices) {
    for (const auto device : devices.children())
      if (device.type() == pugi::node_element) read_device(device);
    read_controllers(devices);
    read_aliases(devices);
    read_indexes(devices);
    bool usb_is_off = false;
    for (const auto controller : devices.children("controller"))
      usb_is_off = usb_is_off || (text_of(controller, "type") == "usb" && text_of(controller, "model") == "none");
    for (const auto device : devices.children("hostdev"))
      if (usb_is_off && text_of(device, "type") == "usb")
        refuse(device, "The guest has no USB: <controller type='usb' model='none'/>.",
               "Can't add host USB device: USB is disabled in this host");
    read_iommus(devices, refuser());
  }

  void read_controllers(pugi::xml_node devices) {
    std::map<std::uint64_t, std::size_t> lines;
    for (const auto controller : devices.children("controller")) {
      const auto index = libvirt_number(text_of(controller, "index"));
      const auto model = text_of(controller, "model");
      if (text_of(controller, "type") != "pci") continue;
      if (!model.empty() && !is_among(model, controller_models)) {
        refuse(controller, "libvirt knows no PCI controller '" + std::string(model.substr(0, most_shown)) + "'.",
               "Unknown model type '" + std::string(model.substr(0, most_shown)) + "'");
        continue;
      }
      if (domain_.is_for_qemu()) read_controller_parts(controller, refuser());
      if (!index) continue;  // libvirt finds one
      const auto number = std::to_string(*index);
      const auto [first, is_new] = lines.emplace(*index, line_of_(controller));
      if (!is_new)
        refuse(controller,
               "Two PCI controllers have the index " + number + "; the other one stands in line " +
                   std::to_string(first->second) + ".",
               "Multiple 'pci' controllers with index '" + number + "'");
      judge_root(controller, *index, model);
    }
  }

  void judge_root(pugi::xml_node controller, std::uint64_t index, std::string_view model) {
    const bool is_root = model == "pci-root" || model == "pcie-root";
    if (index != 0 && is_root && !domain_.is_pseries())
      refuse(controller, "A root bus has the index 0.", "pci-root and pcie-root controllers should have index 0");
    const auto& machine = domain_.machine;
    const bool q35 = domain_.is_q35(), i440fx = domain_.is_i440fx();
    if (index != 0 || model.empty() || (!q35 && !i440fx)) return;
    const std::string right = q35 ? "pcie-root" : "pci-root";
    if (model != right)
      refuse(controller, "The machine " + machine.substr(0, most_shown) + " has a " + right + ".",
             "The PCI controller with index='0' must be model='" + right + "' for this machine type, but model='" +
                 std::string(model) + "' was found instead");
  }

  /// libvirt keeps aliases that begin with "ua-" and gives all others itself.
  void read_aliases(pugi::xml_node devices) {
    std::set<std::string_view> names;
    for (const auto device : devices.children()) {
      const auto name = text_of(device.child("alias"), "name");
      if (name.starts_with("ua-") && !names.insert(name).second)
        refuse(device, "Two devices have the alias '" + std::string(name.substr(0, most_shown)) + "'.",
               "non unique alias detected: " + std::string(name.substr(0, most_shown)));
    }
  }

  /// QEMU gives each ACPI index once (hw/acpi/pcihp.c).
  void read_indexes(pugi::xml_node devices) {
    std::set<std::uint64_t> indexes;
    for (const auto device : devices.children())
      if (const auto index = libvirt_number(text_of(device.child("acpi"), "index"));
          index && *index != 0 && !indexes.insert(*index).second)
        refuse(device, "Two devices have the ACPI index " + std::to_string(*index) + ".",
               "a PCI device with acpi-index = " + std::to_string(*index) + " already exist");
  }

  void read_sizes(pugi::xml_node top) {
    for (const auto node : {top.child("memory"), top.child("currentMemory"), top.child("memtune").child("hard_limit")}) {
      if (!node) continue;
      const std::string unit(text_of(node, "unit"));
      if (!libvirt_bytes("1", unit))
        refuse(node, "libvirt knows no unit '" + unit.substr(0, most_shown) + "'.",
               "unknown suffix '" + unit.substr(0, most_shown) + "'");
      else if (!parse_unsigned(trim(node.child_value())))
        refuse(node, "<" + std::string(node.name()) + "> is no number.",
               "Invalid value '" + std::string(trim(node.child_value())).substr(0, most_shown) + "' for element or attribute");
    }
  }

  const std::function<std::size_t(pugi::xml_node)>& line_of_;
  Domain& domain_;
  std::map<std::string, std::size_t> seen_;
  unsigned with_ramfb_ = 0;
};

}  // namespace

void read_definition(pugi::xml_node top, const std::function<std::size_t(pugi::xml_node)>& line_of, Domain& domain) {
  if (domain.is_for_qemu()) DefinitionReader(line_of, domain).read(top);
}

}  // namespace vfio_doctor
