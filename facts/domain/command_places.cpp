// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/command_places.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.hpp"
#include "facts/domain/pci_controllers.hpp"

namespace vfio_doctor {
namespace {

std::string value_of(const CommandPlaces::Options& options, const std::string& key) {
  const auto found = options.find(key);
  return found == options.end() ? std::string() : found->second;
}

std::string_view model_of(std::string_view driver) {
  const auto found = std::ranges::find(pci_controllers, driver, &PciController::driver);
  return found == pci_controllers.end() ? std::string_view() : found->model;
}

std::string shown(const std::string& text) { return text.substr(0, 60); }

}  // namespace

void CommandPlaces::fault(std::size_t line, std::string what, std::string words) {
  if (domain_.faults.size() < most_domain_devices) domain_.faults.push_back({line, std::move(what), std::move(words)});
}

std::optional<std::uint64_t> CommandPlaces::bus_of(const std::string& name, std::size_t line) {
  if (const auto found = buses_.find(name); found != buses_.end()) return found->second;
  const bool root = name == "pcie.0" || name == "pci.0";
  if (domain_.form != Domain::Form::command_line) {  // libvirt names the bus of the controller with index 3 "pci.3"
    const auto index = name.starts_with("pci.") ? parse_unsigned(name.substr(4)) : std::nullopt;
    return root ? std::optional<std::uint64_t>(0) : domain_.form == Domain::Form::domain ? index : std::nullopt;
  }
  const bool other_root = (domain_.is_q35() && name == "pci.0") || (domain_.is_i440fx() && name == "pcie.0");
  if (root && !other_root) return 0;
  const bool known_machine = domain_.is_q35() || domain_.is_i440fx();
  if (!unseen_ && name.find('/') == std::string::npos && known_machine && !ids_.contains(name))
    fault(line, "No device before this one makes the bus " + shown(name) + ".", "Bus '" + shown(name) + "' not found");
  return std::nullopt;
}

GuestAddress CommandPlaces::address_of(const Options& options, std::size_t line) {
  GuestAddress address;
  address.multifunction = value_of(options, "multifunction");
  const auto bus = value_of(options, "bus"), place = value_of(options, "addr");
  const auto index = bus.empty() ? std::optional<std::uint64_t>(0) : bus_of(bus, line);
  if (place.empty()) return address;
  const auto dot = place.find('.');
  const std::string_view text = place;
  const auto slot = parse_unsigned(text.substr(0, dot), 16),
             function = dot == text.npos ? 0 : parse_unsigned(text.substr(dot + 1), 16);
  if (!slot || !function || *slot > 0x1f || *function > 7) {
    fault(line, "'" + shown(place) + "' is no place on a PCI bus.",
          "Property '" + shown(value_of(options, "driver")) + ".addr' doesn't take value '" + shown(place) + "'");
    return address;
  }
  if (!index) return address;
  address.type = "pci";
  address.bus = *index;
  address.slot = static_cast<std::uint8_t>(*slot);
  address.function = static_cast<std::uint8_t>(*function);
  address.placed = true;
  return address;
}

void CommandPlaces::add_controller(const Options& options, const std::string& model, std::size_t line, GuestAddress address) {
  GuestDevice device{"controller", model, {}, std::move(address), line, {}};
  if (domain_.form == Domain::Form::command_line) {
    device.index = buses_.size() + 1;
    if (const auto id = value_of(options, "id"); !id.empty()) buses_.emplace(id, *device.index);
    const bool port = model == "pcie-root-port" || model == "pcie-switch-downstream-port";
    const auto chassis = value_of(options, "chassis"), slot = value_of(options, "slot");
    const std::pair number(chassis.empty() ? "0" : chassis, slot.empty() ? "0" : slot);
    if (port && !chassis_.insert(number).second)
      fault(line, "Another port has chassis=" + shown(number.first) + " and slot=" + shown(number.second) + " too.",
            "Can't add chassis slot, error -16");
  }
  if (domain_.guest_devices.size() < most_domain_devices) domain_.guest_devices.push_back(std::move(device));
}

void CommandPlaces::read(const Options& options, std::size_t line, DomainHostdev* hostdev) {
  const auto id = value_of(options, "id"), driver = value_of(options, "driver");
  if (!id.empty() && !ids_.insert(id).second)
    fault(line, "Two devices have the id " + shown(id) + ".", "Duplicate ID '" + shown(id) + "' for device");
  const auto bus = value_of(options, "bus");
  const std::string model(model_of(driver));
  const bool on_pci = hostdev || !model.empty() || driver.find("pci") != std::string::npos || buses_.contains(bus) ||
                      bus == "pcie.0" || bus == "pci.0" || (bus.empty() && options.contains("addr"));
  if (!on_pci) return;  // addr= and bus= of others are of another kind: bus=usb.0, bus=scsi0.0
  auto address = address_of(options, line);
  if (hostdev)
    hostdev->address = std::move(address);
  else if (!model.empty())
    add_controller(options, model, line, std::move(address));
  else if (address.placed && domain_.guest_devices.size() < most_domain_devices)
    domain_.guest_devices.push_back({driver, {}, {}, std::move(address), line, {}});
}

void add_default_devices(const std::vector<std::string>& words, Domain& domain) {
  if (!domain.is_q35() && !domain.is_i440fx()) return;
  const auto any = [&words](std::initializer_list<std::string_view> options) {
    return std::ranges::any_of(words, [&options](std::string_view word) {
      if (word.starts_with("--")) word.remove_prefix(1);
      return std::ranges::find(options, word) != options.end();
    });
  };
  const bool display = std::ranges::any_of(words, [](const std::string& word) {
    const auto lower = to_lower(word);
    return lower.find("vga") != lower.npos || lower.find("graphics") != lower.npos || lower.find("qxl") != lower.npos;
  });
  if (display || any({"-nodefaults", "-nographic", "-readconfig"})) return;  // the network card would have another place, too
  const auto add = [&domain](const char* kind, std::uint8_t slot) {
    GuestAddress address;
    address.type = "pci";
    address.slot = slot;
    address.placed = true;
    domain.guest_devices.push_back({kind, {}, {}, std::move(address), 0, {}});
  };
  const std::uint8_t first = domain.is_q35() ? 1 : 2;
  add("VGA", first);
  if (!any({"-net", "-netdev", "-nic"})) add(domain.is_q35() ? "e1000e" : "e1000", static_cast<std::uint8_t>(first + 1));
}

}  // namespace vfio_doctor
