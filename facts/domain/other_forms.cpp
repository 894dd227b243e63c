// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/domain/other_forms.hpp"

#include <algorithm>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/command_words.hpp"

namespace vfio_doctor {
namespace {

/// What one node of the cluster has under a name in /etc/pve/mapping/pci.cfg.
struct Mapped {
  std::string path, id;
};

std::string option_of(std::string_view text, std::string_view key) {
  for (const auto part : split(text, ','))
    if (part.starts_with(key) && part.size() > key.size() && part[key.size()] == '=')
      return std::string(part.substr(key.size() + 1));
  return {};
}

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
    const auto its_node = option_of(map, "node");
    if (node.empty() || its_node.empty() || its_node == node) found.push_back({option_of(map, "path"), option_of(map, "id")});
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
    for (const auto line : split_lines(text)) {
      ++line_;
      if (line.starts_with("[")) break;  // a snapshot, or changes that wait
      const auto colon = line.find(':');
      if (line.starts_with("#") || colon == line.npos) continue;
      read_setting(std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
    // The file is sorted: what a device wants of the machine may stand before it.
    if (express_line_ != 0 && is_whole_ && domain_.machine.find("q35") == std::string::npos)
      domain_.faults.push_back({express_line_, "pcie=1 wants the machine type q35.", "q35 machine model is not enabled"});
    return std::move(domain_);
  }

 private:
  void read_setting(const std::string& key, const std::string& value) {
    is_whole_ = is_whole_ || key == "memory" || key == "ostype" || key == "vmgenid";
    if (key == "name") domain_.name = value;
    if (key == "machine") domain_.machine = value.empty() ? "pc" : value;
    if (key == "bios" && value == "ovmf") domain_.loader = "efi";
    if (key == "memory")
      if (const auto size = parse_unsigned(value); size && *size < (1ULL << 40)) {
        domain_.memory_bytes = *size << 20;
        domain_.memory_line = line_;
      }
    if (key == "args") {
      auto words = split_command_line(value, domain_.file);
      for (auto& word : words) word.line = line_;
      read_command_words(words, domain_);
    }
    if (key.starts_with("hostpci") && parse_unsigned(key.substr(7))) read_device(value);
  }

  void read_device(const std::string& value) {
    if (domain_.hostdevs.size() > most_domain_devices) throw InputError(domain_.file + ": too many devices");
    if (option_of(value, "pcie") == "1" && express_line_ == 0) express_line_ = line_;
    const auto mapping = option_of(value, "mapping");
    if (!mapping.empty()) return read_mapping(mapping);
    auto host = option_of(value, "host");
    if (host.empty()) host = value.substr(0, value.find(','));
    if (!option_of(value, "mdev").empty()) {
      domain_.unresolved.push_back({line_, "It makes a mediated device on " + host.substr(0, 40) + " at the start.", {}});
      return;
    }
    for (const auto one : split(host, ';')) add(one, {});
  }

  void add(std::string_view address, const std::string& id) {
    auto device = proxmox_source(trim(address));
    if (!device) {
      domain_.faults.push_back(
          {line_, "'" + std::string(address.substr(0, 40)) + "' is no PCI address.", "Please provide a valid PCI address"});
      return;
    }
    device->line = line_;
    device->expected_id = id;
    domain_.hostdevs.push_back(std::move(*device));
  }

  void read_mapping(const std::string& mapping) {
    const auto config = root_.read("/etc/pve/mapping/pci.cfg");
    const auto node = root_.read_line("/etc/hostname");
    const auto found =
        config.has_value() ? mapped_here(*config, mapping, node.has_value() ? *node : "") : std::vector<Mapped>{};
    if (found.size() == 1) {
      for (const auto path : split(found.front().path, ';')) add(path, found.front().id);
      return;
    }
    const auto what = "The mapping '" + mapping.substr(0, 60) + "' ";
    if (!config.has_value())
      domain_.unresolved.push_back(
          {line_, what + "could not be looked up (/etc/pve/mapping/pci.cfg: " + config.why() + ").", {}});
    else if (found.empty())
      domain_.faults.push_back(
          {line_, what + "has no device on this node.", "PCI device mapping not found for '" + mapping.substr(0, 60) + "'"});
    else
      domain_.unresolved.push_back({line_,
                                    what + "names " + std::to_string(found.size()) +
                                        " devices; which of them is taken is "
                                        "known only at the start.",
                                    {}});
  }

  const Root& root_;
  Domain domain_;
  std::size_t line_ = 0, express_line_ = 0;
  bool is_whole_ = false;  ///< not just a line or two that somebody cut out
};

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
    }
    if (expanded.size() == before) expanded.push_back(device);
  }
  domain.hostdevs = std::move(expanded);
}

bool looks_like_proxmox(const std::string& text) {
  for (const auto line : split_lines(text)) {
    const auto colon = line.find(':');
    const auto key = line.substr(0, colon == line.npos ? 0 : colon);
    if (key.starts_with("hostpci") || key == "scsihw" || key == "vmgenid" || key == "smbios1" || key == "ostype" ||
        key == "agent")
      return true;
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

Domain parse_proxmox_configuration(const std::string& text, const std::string& name, const Root& root) {
  return ProxmoxReader(name, root).read(text);
}

Domain parse_domain(const std::string& text, const std::string& name, const Root& root) {
  const auto start = text.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  Domain domain;
  if (start == text.npos || text[start] == '<' || name.ends_with(".xml") || text.find('\0') == 1 ||
      text.starts_with("\xff\xfe"))
    domain = parse_domain_xml(text, name);
  else if (name.ends_with(".conf") || looks_like_proxmox(text))
    domain = parse_proxmox_configuration(text, name, root);
  else if (name.ends_with(".yaml") || name.ends_with(".yml"))
    domain = parse_device_list(text, name, root);
  else
    domain = parse_qemu_command_line(text, name);
  expand_slots(domain, root);
  resolve_paths(domain, root);
  return domain;
}

}  // namespace vfio_doctor
