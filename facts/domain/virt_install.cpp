// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/virt_install.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/libvirt_numbers.hpp"
#include "facts/domain/shell_words.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_shown = 60;

/// "pci_0000_03_00_0", as `virsh nodedev-list` has it.
std::optional<PciAddress> node_device(std::string_view name) {
  const auto parts = split(name, '_');
  if (parts.size() != 5 || parts[0] != "pci") return std::nullopt;
  return PciAddress::parse(std::string(parts[1]) + ":" + std::string(parts[2]) + ":" + std::string(parts[3]) + "." +
                           std::string(parts[4]));
}

/// "03:0.0", "0:3:0.0": numbers of any length (_AddressStringToHostdev()).
std::optional<PciAddress> loose_address(std::string_view text) {
  const auto dot = text.find('.');
  const auto parts = split(text.substr(0, dot), ':');
  if (dot == text.npos || parts.size() < 2 || parts.size() > 3) return std::nullopt;
  const auto number = [](std::string_view part) {
    if (part.starts_with("0x")) part.remove_prefix(2);
    return parse_unsigned(part, 16).value_or(1ULL << 40);
  };
  const auto domain = parts.size() == 3 ? number(parts[0]) : 0, bus = number(parts[parts.size() - 2]),
             slot = number(parts.back()), function = number(text.substr(dot + 1));
  if (domain > 0xffffffff || bus > 0xff || slot > 0x1f || function > 7) return std::nullopt;
  return PciAddress{static_cast<std::uint32_t>(domain), static_cast<std::uint8_t>(bus), static_cast<std::uint8_t>(slot),
                    static_cast<std::uint8_t>(function)};
}

/// "0x1234:0x5678" or "001.003".
std::optional<DomainUsb> usb_device(std::string_view text) {
  const auto two = [text](char between, int base) -> std::optional<std::pair<std::uint64_t, std::uint64_t>> {
    const auto parts = split(text, between);
    if (parts.size() != 2) return std::nullopt;
    const auto number = [base](std::string_view part) {
      if (base == 16 && part.starts_with("0x")) part.remove_prefix(2);
      return parse_unsigned(part, base);
    };
    const auto first = number(parts[0]), second = number(parts[1]);
    if (!first || !second || *first > 0xffff || *second > 0xffff) return std::nullopt;
    return std::pair(*first, *second);
  };
  DomainUsb usb;
  if (const auto ids = two(':', 16)) {
    usb.vendor = static_cast<std::uint16_t>(ids->first);
    usb.product = static_cast<std::uint16_t>(ids->second);
  } else if (const auto place = two('.', 10)) {
    usb.bus = static_cast<unsigned>(place->first);
    usb.device = static_cast<unsigned>(place->second);
  } else {
    return std::nullopt;
  }
  return usb;
}

class InstallReader {
 public:
  explicit InstallReader(const std::string& name) {
    domain_.form = Domain::Form::fragment;
    domain_.file = name;
    domain_.name = base_name(name);
    domain_.type = "kvm";
  }

  Domain read(const std::vector<CommandWord>& words, std::size_t first) {
    const auto is_removal = [](const CommandWord& word) { return word.text == "--remove-device"; };
    if (std::ranges::any_of(words, is_removal)) return std::move(domain_);
    for (auto i = first + 1; i < words.size(); ++i) {
      const auto& text = words[i].text;
      line_ = words[i].line;
      const auto equals = text.starts_with("--") ? text.find('=') : text.npos;
      if (equals != text.npos)
        read_option(text.substr(0, equals), text.substr(equals + 1));
      else if (text.starts_with("-") && i + 1 < words.size())
        read_option(text, words[i + 1].text);
    }
    if (domain_.type == "xen")
      for (auto& device : domain_.hostdevs) device.managed = false;
    return std::move(domain_);
  }

 private:
  void open(const std::string& what) {
    if (domain_.unresolved.size() < most_domain_devices) domain_.unresolved.push_back({line_, what, {}});
  }

  void read_option(std::string_view option, const std::string& value) {
    const auto options = command_options(value);
    const auto given = [&options](const char* key) { return options.contains(key) ? options.at(key) : std::string(); };
    if (option == "--hostdev" || option == "--host-device") read_hostdev(options);
    if (option == "--network" || option == "-w") read_network(value, options);
    if (option == "--disk" && given("type") == "nvme") open("A disk takes an NVMe controller, which is not read here.");
    if (option == "--qemu-commandline") read_arguments(value);
    if (option == "--xml" && value.find("hostdev") != value.npos)
      open("--xml writes a device of the host into the definition, which is not read here.");
    if (option == "--name" || option == "-n") domain_.name = value;
    if (option == "--machine") domain_.machine = given("driver"), domain_.os_line = line_;
    if (option == "--virt-type") domain_.type = value;
    if (option == "--connect" && value.starts_with("xen")) domain_.type = "xen";
    if (option == "--boot" && value.starts_with("uefi")) domain_.loader = "efi";
    if (option == "--memory" || option == "--ram" || option == "-r") read_memory(options);
  }

  /// In MiB; "maxmemory" is what the guest may get, and VFIO locks (ParserMemory).
  void read_memory(const CommandOptions& options) {
    for (const auto* key : {"driver", "memory", "maxmemory"})
      if (options.contains(key))
        if (const auto size = parse_unsigned(options.at(key)); size && *size < (1ULL << 40)) domain_.memory_bytes = *size << 20;
    domain_.memory_line = line_;
  }

  DomainHostdev* add(const std::string& name, DomainHostdev::Origin origin) {
    if (domain_.hostdevs.size() > most_domain_devices) throw InputError(domain_.file + ": too many devices");
    auto source = node_device(name);
    if (!source) source = loose_address(name);
    if (!source) return nullptr;
    DomainHostdev device;
    device.origin = origin;
    device.source = *source;
    device.managed = true;
    device.line = line_;
    domain_.hostdevs.push_back(std::move(device));
    return &domain_.hostdevs.back();
  }

  void read_hostdev(const CommandOptions& options) {
    const auto given = [&options](const char* key) { return options.contains(key) ? options.at(key) : std::string(); };
    auto name = given("driver");  // what stands without a key
    if (name.empty()) name = given("name");
    if (name.find_first_of("$`") != name.npos)
      return open("What '" + name.substr(0, most_shown) + "' stands for is known only to the shell.");
    if (auto* device = add(name, DomainHostdev::Origin::hostdev)) {
      device->managed = given("managed") != "no";
      device->driver = given("driver.name");
      device->iommufd = given("driver.iommufd") == "yes";
      device->rom_bar_given = options.contains("rom.bar");
      device->rom_file = given("rom.file");
      if (const auto order = parse_unsigned(given("boot.order"))) device->boot_order = order;
      return;
    }
    if (auto usb = usb_device(name)) {
      usb->startup_policy = given("source.startupPolicy");
      usb->line = line_;
      return domain_.usb.push_back(*usb);
    }
    constexpr std::array<std::string_view, 4> others = {"usb_", "mdev_", "net_", "scsi_"};
    const auto is_other = [&name](std::string_view start) { return name.starts_with(start); };
    if (std::ranges::any_of(others, is_other))
      return open("Which device of the host " + name.substr(0, most_shown) + " is, is known only to its libvirt.");
    if (name.empty())
      return domain_.faults.push_back(
          {line_, "A --hostdev does not begin with the device that it means.", "Unknown --hostdev options"});
    domain_.faults.push_back({line_, "'" + name.substr(0, most_shown) + "' is no device of the host as virt-install names one.",
                              "Unknown hostdev address string format '" + name.substr(0, most_shown) + "'"});
  }

  /// "hostdev=03:10.0", "type=hostdev,source.address.bus=3,...", "network=NAME".
  void read_network(const std::string& value, const CommandOptions& options) {
    if (const auto found = options.find("hostdev"); found != options.end()) {
      if (!add(found->second, DomainHostdev::Origin::interface))
        open("Which function the interface " + found->second.substr(0, most_shown) + " is, is not known here.");
    } else if (options.contains("type") && options.at("type") == "hostdev") {
      const auto part = [&options](const char* key) {
        const auto option = options.find("source.address." + std::string(key));
        const auto number = libvirt_number(option == options.end() ? "0" : option->second);
        return number ? hex_text(*number, 1) : std::string("?");
      };
      if (!add(part("domain") + ":" + part("bus") + ":" + part("slot") + "." + part("function"),
               DomainHostdev::Origin::interface))
        open("Which function the interface '" + value.substr(0, most_shown) + "' is, is not known here.");
    } else if (const auto network = options.find("network"); network != options.end()) {
      domain_.networks.push_back({network->second, line_});
    }
  }

  /// What goes to QEMU as it stands.
  void read_arguments(const std::string& value) {
    auto words = split_command_line(value, domain_.file);
    for (auto& word : words) word.line = line_;
    read_command_words(words, domain_);
  }

  Domain domain_;
  std::size_t line_ = 0;
};

bool is_install(const CommandWord& word) {
  const auto name = base_name(word.text);
  return name == "virt-install" || name == "virt-xml";
}

}  // namespace

std::optional<Domain> parse_virt_install(const std::string& text, const std::string& name) {
  if (text.find("virt-install") == text.npos && text.find("virt-xml") == text.npos) return std::nullopt;
  const auto words = with_variables(split_command_line(text, name));
  const auto program = std::ranges::find_if(words, is_install);
  if (program == words.end()) return std::nullopt;
  return InstallReader(name).read(words, static_cast<std::size_t>(program - words.begin()));
}

}  // namespace vfio_doctor
