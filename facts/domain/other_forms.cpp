// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/other_forms.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <map>
#include <string_view>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/opened_paths.hpp"
#include "facts/domain/proxmox_options.hpp"
#include "facts/domain/virt_install.hpp"

namespace vfio_doctor {
namespace {

/// What one node of the cluster has under a name in /etc/pve/mapping/pci.cfg.
struct Mapped {
  std::string path, id;
};

std::vector<Mapped> mapped_here(const std::string& config, const std::string& mapping, const std::string& node) {
  std::vector<Mapped> found;
  bool inside = false;
  for (const auto line : split_lines(config)) {
    const auto text = trim(line);
    if (text.empty() || text.starts_with("#")) continue;
    if (line.front() != ' ' && line.front() != '\t') {
      inside = text.starts_with("pci:") && trim(text.substr(4)) == mapping;
      continue;
    }
    if (!inside || !text.starts_with("map ")) continue;
    const auto map = trim(text.substr(4));
    const auto its_node = proxmox_option(map, "node");
    if (node.empty() || its_node.empty() || its_node == node)
      found.push_back({proxmox_option(map, "path"), proxmox_option(map, "id")});
  }
  return found;
}

/// "0000:03:00.0", "03:00.0", "0000:03:00" and "03:00": without a function the whole slot.
std::optional<DomainHostdev> proxmox_source(std::string_view text) {
  DomainHostdev device;
  device.managed = true;  // Proxmox binds what it passes to vfio-pci
  device.whole_slot = text.find('.') == text.npos;
  const auto address = PciAddress::parse(device.whole_slot ? std::string(text) + ".0" : std::string(text));
  if (!address) return std::nullopt;
  device.source = *address;
  return device;
}

class ProxmoxReader {
 public:
  ProxmoxReader(const std::string& name, const Root& root) : root_(root) {
    domain_.form = Domain::Form::proxmox;
    domain_.file = domain_.name = name;
    const auto file = base_name(name);
    if (file.ends_with(".conf")) domain_.name = file.substr(0, file.size() - 5);
  }

  Domain read(const std::string& text) {
    const auto settings = settings_of(text);
    for (const auto& setting : settings)
      if (const auto mapping = proxmox_option(setting.value, "mapping"); setting.key.starts_with("hostpci") && !mapping.empty())
        ++wanted_[mapping];
    for (const auto& setting : settings) {
      line_ = setting.line;
      read_setting(setting.key, setting.value);
    }
    if (domain_.loader == "efi" || !is_whole_)  // PCI.pm, print_hostpci_devices(): no x-vga=on with OVMF
      for (auto& device : domain_.hostdevs)
        if (device.origin == DomainHostdev::Origin::hostdev) device.legacy_vga = false;
    // The file is sorted: what a device wants of the machine may stand before it.
    if (domain_.machine.empty() && is_whole_) domain_.machine = domain_.architecture == "aarch64" ? "virt" : "pc";
    const bool express = domain_.is_q35();
    if (!express)
      for (auto& device : domain_.hostdevs) device.on_conventional_bus = false;
    if (express_line_ != 0 && is_whole_ && !express)
      domain_.faults.push_back({express_line_, "pcie=1 wants the machine type q35.", "q35 machine model is not enabled"});
    if (pages_line_ != 0 && is_whole_ && !has_nodes_)
      domain_.faults.push_back({pages_line_, "hugepages= wants numa: 1.", "numa needs to be enabled to use hugepages"});
    if (legacy_line_ != 0 && express) legacy_fault("the machine type q35", "legacy IGD assignment is not compatible with q35");
    if (legacy_line_ != 0 && is_whole_ && !no_display_)
      legacy_fault("any other display than vga: none", "legacy IGD assignment requires VGA mode to be 'none'");
    return std::move(domain_);
  }

 private:
  struct Setting {
    std::string key, value;
    std::size_t line = 0;
  };

  /// Those that count at the next start: the last of each key, and then what waits under [PENDING] (vmconfig_apply_pending() in
  /// QemuServer.pm). Other sections are snapshots, or Proxmox's own.
  static std::vector<Setting> settings_of(const std::string& text) {
    std::vector<Setting> settings;
    std::map<std::string, std::size_t, std::less<>> places;  // of the key that counts; one that does not has line 0
    const auto drop = [&](std::string_view key) {
      const auto found = places.find(key);
      if (found == places.end()) return;
      settings[found->second].line = 0;
      places.erase(found);
    };
    std::size_t number = 0;
    bool pending = false;
    for (const auto line : split_lines(text)) {
      ++number;
      if (line.starts_with("[") && (pending || !to_lower(trim(line)).starts_with("[pending]"))) break;
      pending = pending || line.starts_with("[");
      const auto colon = line.find(':');
      if (line.starts_with("#") || line.starts_with("[") || colon == line.npos) continue;
      const auto key = line.substr(0, colon), value = trim(line.substr(colon + 1));
      if (pending && key == "delete") {
        for (auto word : split(value, ',')) {
          word = trim(word);
          if (word.starts_with("!")) word.remove_prefix(1);  // by force
          drop(word);
        }
        continue;
      }
      drop(key);
      places.emplace(key, settings.size());
      settings.push_back({std::string(key), std::string(value), number});
    }
    std::erase_if(settings, [](const Setting& one) { return one.line == 0; });
    return settings;
  }

  void legacy_fault(const std::string& what, const std::string& words) {
    domain_.faults.push_back({legacy_line_, "legacy-igd=1 does not go with " + what + ".", words});
  }

  void read_setting(const std::string& key, const std::string& value) {
    is_whole_ = is_whole_ || key == "memory" || key == "ostype" || key == "vmgenid";
    if (key == "name") domain_.name = value;
    if (key == "hugepages") pages_line_ = line_;
    if (key == "numa") has_nodes_ = proxmox_is_on(value);
    if (key == "vga") no_display_ = value == "none";
    if (key == "machine") read_proxmox_machine(value, line_, domain_);
    if (key == "arch") domain_.architecture = value;
    if (key == "bios" && value == "ovmf") domain_.loader = "efi";
    if (key == "cpu") read_proxmox_processor(value, line_, domain_);
    if (key == "memory")
      if (const auto size = parse_unsigned(proxmox_default(value, "current")); size && *size < (1ULL << 40)) {
        domain_.memory_bytes = *size << 20;
        domain_.memory_line = line_;
      }
    if (key == "args") {
      auto words = split_command_line(value, domain_.file);
      for (auto& word : words) word.line = line_;
      read_command_words(words, domain_);
    }
    if (is_among(key.substr(0, key.find_last_not_of("0123456789") + 1), "ide|sata|scsi|virtio"))
      note_opened("disk", proxmox_default(value, "file"), line_, domain_);
    if (!key.starts_with("hostpci")) return;
    const auto number = parse_unsigned(key.substr(7));
    if (number && *number < most_hostpci && key.substr(7) == std::to_string(*number)) return read_device(key, value);
    domain_.faults.push_back({line_, "Proxmox has hostpci0 to hostpci15 and leaves this line out: the guest does not get it.",
                              "unable to parse value of '" + key.substr(0, 40) + "'"});
  }

  /// Options that belong to a line; another one makes Proxmox leave the whole line out (a warning, and no more).
  void read_options(const std::string& value, const ProxmoxDeviceLine& line) {
    for (const auto& name : line.unknown)
      domain_.unresolved.push_back(
          {line_,
           "'" + name.substr(0, 40) +
               "' is no option of hostpciN that is known here; where Proxmox does not know it, it leaves "
               "the whole line out, and the guest does not get the device.",
           {}});
    if (proxmox_is_on(proxmox_option(value, "pcie")) && express_line_ == 0) express_line_ = line_;
    if (!proxmox_is_on(proxmox_option(value, "legacy-igd"))) return;
    if (legacy_line_ != 0) legacy_fault("a second one", "only one device can be assigned in legacy-igd mode");
    legacy_line_ = line_;
    if (proxmox_is_on(proxmox_option(value, "x-vga")))
      legacy_fault("x-vga=1", "legacy IGD assignment is not compatible with x-vga");
    if (!proxmox_option(value, "mdev").empty()) legacy_fault("mdev=", "legacy IGD assignment is not compatible with mdev");
    if (const auto bar = proxmox_option(value, "rombar"); !bar.empty() && !proxmox_is_on(bar))
      legacy_fault("rombar=0", "legacy IGD assignment requires rombar to be enabled");
  }

  void read_device(const std::string& key, const std::string& value) {
    if (domain_.hostdevs.size() > most_domain_devices) throw InputError(domain_.file + ": too many devices");
    const auto line = proxmox_device_line(value);
    const bool is_address = line.host.empty() || proxmox_source(trim(line.host.substr(0, line.host.find(';'))));
    if (!line.refused.empty() && is_address)
      return domain_.faults.push_back({line_,
                                       "Proxmox does not understand this line (" + line.refused.substr(0, 120) +
                                           ") and leaves it out: the guest starts without the device.",
                                       "unable to parse value of '" + key + "'"});
    read_options(value, line);
    const auto mapping = proxmox_option(value, "mapping");
    if (!mapping.empty() && !line.host.empty())
      domain_.faults.push_back({line_, "It names both a device and a mapping.", "Cannot set both 'host' and 'mapping'"});
    if (!proxmox_option(value, "mdev").empty()) {
      const auto card = mapping.empty() ? line.host : "a card of the mapping " + mapping;
      domain_.unresolved.push_back({line_, "It makes a mediated device on " + card.substr(0, 60) + " at the start.", {}});
      return;
    }
    if (!mapping.empty()) return read_mapping(key, value, mapping);
    const auto first = domain_.hostdevs.size();
    take(line.host, value, {});
    if (legacy_line_ != line_ || domain_.hostdevs.size() == first) return;
    const auto& device = domain_.hostdevs[first];
    if (device.source.bus != 0 || device.source.device != 2 || device.source.function != 0)
      legacy_fault("other devices than 00:02.0", "legacy IGD assignment only works for devices on host bus 00:02.0");
  }

  /// "0000:03:00.0;0000:03:00.1", with the id that a mapping recorded.
  void take(std::string_view path, const std::string& value, const std::string& id) {
    bool first = true;
    for (const auto address : split(path, ';')) {
      auto device = proxmox_source(trim(address));
      if (!device) {
        domain_.faults.push_back(
            {line_, "'" + std::string(address.substr(0, 40)) + "' is no PCI address.", "Please provide a valid PCI address"});
        continue;
      }
      device->line = line_;
      device->expected_id = id;
      device->on_conventional_bus = !proxmox_is_on(proxmox_option(value, "pcie"));
      read_proxmox_device(value, first, *device);
      domain_.hostdevs.push_back(std::move(*device));
      first = false;
    }
  }

  /// Of several devices under one name each line gets another one, so that as many lines get them all (PCI.pm,
  /// choose_hostpci_devices()).
  void read_mapping(const std::string& key, const std::string& value, const std::string& mapping) {
    const auto config = root_.read("/etc/pve/mapping/pci.cfg");
    const auto node = root_.read_line("/etc/hostname");
    const auto found =
        config.has_value() ? mapped_here(*config, mapping, node.has_value() ? *node : "") : std::vector<Mapped>{};
    const auto what = "The mapping '" + mapping.substr(0, 60) + "' ";
    const auto number = taken_[mapping]++;
    if (!config.has_value())
      domain_.unresolved.push_back(
          {line_, what + "could not be looked up (/etc/pve/mapping/pci.cfg: " + config.why() + ").", {}});
    else if (found.empty())
      domain_.faults.push_back(
          {line_, what + "has no device on this node.", "PCI device mapping not found for '" + mapping.substr(0, 60) + "'"});
    else if (found.size() <= number)
      domain_.faults.push_back({line_,
                                what + "has " + std::to_string(found.size()) + " devices on this node, and " +
                                    std::to_string(wanted_[mapping]) + " are wanted.",
                                "could not find a free device for '" + key + "'"});
    else if (found.size() <= wanted_[mapping])
      take(found[number].path, value, found[number].id);
    else
      domain_.unresolved.push_back({line_,
                                    what + "names " + std::to_string(found.size()) +
                                        " devices; which of them is taken is "
                                        "known only at the start.",
                                    {}});
  }

  const Root& root_;
  Domain domain_;
  static constexpr unsigned most_hostpci = 16;
  std::size_t line_ = 0, express_line_ = 0, legacy_line_ = 0;
  std::size_t pages_line_ = 0;  ///< of hugepages=
  bool has_nodes_ = false;      ///< numa: 1
  bool is_whole_ = false;       ///< not just a line or two that somebody cut out
  bool no_display_ = false;
  std::map<std::string, std::size_t> wanted_, taken_;  ///< lines with a mapping: all, and those that were read
};

/// Proxmox gives QEMU a ROM and other ids for the first function of a slot only (PCI.pm, print_hostpci_devices()).
void leave_to_the_first(DomainHostdev& device) {
  device.rom_file.clear();
  device.legacy_vga = false;
  for (auto* id :
       {&device.shown_vendor_id, &device.shown_device_id, &device.shown_subsystem_vendor_id, &device.shown_subsystem_device_id})
    id->reset();
}

/// Each function of a slot that was named as a whole, as the host has them now.
void expand_slots(Domain& domain, const Root& root) {
  if (std::ranges::none_of(domain.hostdevs, &DomainHostdev::whole_slot)) return;
  const auto names = root.list("/sys/bus/pci/devices");
  if (!names.has_value()) return;
  std::vector<DomainHostdev> expanded;
  for (const auto& device : domain.hostdevs) {
    const auto before = expanded.size();
    for (const auto& name : *names) {
      const auto address = PciAddress::parse(name);
      if (!device.whole_slot || !address) continue;
      auto slot = *address;
      slot.function = 0;
      if (slot != device.source) continue;
      expanded.push_back(device);
      expanded.back().source = *address;
      if (address->function != 0) expanded.back().expected_id.clear();  // a mapping records that of the first
      if (expanded.size() > before + 1) leave_to_the_first(expanded.back());
    }
    if (expanded.size() == before) expanded.push_back(device);
  }
  domain.hostdevs = std::move(expanded);
}

/// Keys of Proxmox VE's files; with a number behind them where there may be several (PVE/QemuServer.pm, $confdesc). `surely`: those
/// that nobody else has.
bool looks_like_proxmox(const std::string& text, bool surely) {
  constexpr std::string_view own = "agent|hostpci|ostype|scsihw|smbios1|vmgenid",
                             others =
                                 "args|balloon|bios|boot|bootdisk|cores|cpu|description|efidisk|hotplug|hugepages|machine|"
                                 "memory|meta|name|net|numa|onboot|protection|sata|scsi|sockets|startup|tablet|tags|usb|"
                                 "vcpus|vga|virtio";
  for (const auto line : split_lines(text)) {
    const auto colon = line.find(':');
    const auto key = line.substr(0, colon == line.npos ? 0 : colon);
    if (key.empty()) continue;
    if (is_among(key, own) || key.starts_with("hostpci")) return true;
    if (!surely && is_among(key.substr(0, key.find_last_not_of("0123456789") + 1), others)) return true;
  }
  return false;
}

}  // namespace

void resolve_paths(Domain& domain, const Root& root) {
  for (const auto& [line, path] : domain.sysfs_paths) {
    const auto real = path.starts_with("/sys/") ? root.canonical(path) : Observed<std::string>::absent();
    const auto source = real.has_value() ? PciAddress::parse(base_name(*real)) : std::nullopt;
    if (!source) continue;
    DomainHostdev device;
    device.origin = DomainHostdev::Origin::command_line;
    device.source = *source;
    device.line = line;
    domain.hostdevs.push_back(std::move(device));
    std::erase_if(domain.unresolved, [&, number = line](const DomainRemark& remark) {
      return remark.line == number && remark.what.find(path.substr(0, 120)) != std::string::npos;
    });
  }
  domain.sysfs_paths.clear();
}

void resolve_pools(Domain& domain, const Root& root) {
  for (const auto& [line, name] : domain.pool_cards) {
    const bool plain = !name.empty() && name.size() < 64 && name.find('/') == std::string::npos && name.front() != '.';
    const auto path = plain ? root.canonical("/sys/class/net/" + name + "/device") : Observed<std::string>::absent();
    const auto names = path.has_value() ? root.list(*path) : Observed<std::vector<std::string>>::like(path);
    if (!names.has_value()) continue;  // another host's, or a recording that was not asked
    std::vector<PciAddress> functions;
    for (const auto& entry : *names) {
      const auto function = entry.starts_with("virtfn") ? root.canonical(*path + "/" + entry) : Observed<std::string>::absent();
      if (const auto address = function.has_value() ? PciAddress::parse(base_name(*function)) : std::nullopt)
        functions.push_back(*address);
    }
    std::ranges::sort(functions);
    std::erase_if(domain.unresolved, [number = line](const DomainRemark& remark) { return remark.line == number; });
    if (functions.empty())
      domain.faults.push_back(
          {line, name.substr(0, 40) + " has no virtual functions now.", "No Vf's present on SRIOV PF " + name});
    for (const auto& address : functions) {
      if (domain.hostdevs.size() >= most_domain_devices) break;
      DomainHostdev device;
      device.origin = DomainHostdev::Origin::network;
      device.source = address;
      device.managed = domain.pool_is_managed;
      device.line = line;
      domain.hostdevs.push_back(std::move(device));
    }
  }
  domain.pool_cards.clear();
}

Domain parse_proxmox_configuration(const std::string& text, const std::string& name, const Root& root) {
  return ProxmoxReader(name, root).read(text);
}

Domain parse_domain(const std::string& text, const std::string& name, const Root& root) {
  const auto start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  Domain domain;
  if (start == text.npos || text[start] == '<' || name.ends_with(".xml") || text.find('\0') == 1 ||
      text.starts_with("\xff\xfe"))
    domain = parse_domain_xml(text, name);
  else if (looks_like_proxmox(text, !name.ends_with(".conf")))
    domain = parse_proxmox_configuration(text, name, root);
  else if (name.ends_with(".yaml") || name.ends_with(".yml"))
    domain = parse_device_list(text, name, root);
  else if (auto installed = parse_virt_install(text, name))
    domain = std::move(*installed);
  else
    domain = parse_qemu_command_line(text, name);
  expand_slots(domain, root);
  resolve_paths(domain, root);
  resolve_pools(domain, root);
  return domain;
}

}  // namespace vfio_doctor
