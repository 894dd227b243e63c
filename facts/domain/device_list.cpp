// SPDX-License-Identifier: GPL-2.0-or-later
// The YAML in which Incus, LXD and KubeVirt write down devices: as much of it as their own tools print and their pages show.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/domain/command_words.hpp"
#include "facts/domain/other_forms.hpp"

namespace vfio_doctor {
namespace {

std::string_view without_quotes(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() > 1 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// The keys of one device; where each stands.
struct Block {
  struct Value {
    std::string text;
    std::size_t line = 0;
  };
  std::map<std::string, Value, std::less<>> values;
  std::size_t line = 0;  ///< the first

  std::string_view operator[](std::string_view key) const {
    const auto found = values.find(key);
    return found == values.end() ? std::string_view() : std::string_view(found->second.text);
  }
};

class ListReader {
 public:
  ListReader(const std::string& name, const Root& root) : root_(root) {
    domain_.form = Domain::Form::list;
    domain_.file = name;
    domain_.name = base_name(name);
  }

  Domain read(const std::string& text) {
    std::size_t depth = 0;
    for (const auto line : split_lines(text)) {
      ++line_;
      const auto content = trim(line.substr(0, comment_at(line)));
      if (content.empty()) continue;
      const auto indent = line.find_first_not_of(" \t");
      const bool is_in_text = scalar_indent_ && indent > *scalar_indent_;  // of several lines
      tell_foreign_words(content, is_in_text);
      if (is_in_text) continue;
      scalar_indent_.reset();
      if (indent != depth || content.starts_with("- ")) end_block();
      depth = indent;
      if (content.starts_with("- ")) depth += 2;
      read_pair(content.starts_with("- ") ? trim(content.substr(2)) : content, depth);
    }
    end_block();
    if (!is_known_ && domain_.unresolved.empty())
      throw InputError(domain_.file + ": YAML, but no device list of Incus, LXD or KubeVirt");
    resolve_resources();
    return std::move(domain_);
  }

 private:
  /// Devices in other people's forms: definitions in a text, arguments for QEMU.
  void tell_foreign_words(std::string_view content, bool is_in_text) {
    constexpr std::string_view raw = "raw.qemu:";
    if (!is_in_text && content.starts_with(raw)) return;
    for (const std::string_view words : {"vfio-pci", "<hostdev", "nvme://", "hostpci"})
      if (content.find(words) != content.npos)
        return open(line_, "'" + std::string(content.substr(0, 60)) + "' may name a device in a form that is not read here.");
  }

  static std::size_t comment_at(std::string_view line) {
    const auto at = line.find(" #");
    return line.starts_with("#") ? 0 : at;
  }

  /// Where a value is one, behind what stands in quotes.
  static std::size_t colon_of(std::string_view pair) {
    const bool quoted = pair.starts_with('"') || pair.starts_with('\'');
    const auto end = quoted ? pair.find(pair.front(), 1) : 0;
    return pair.find(':', end == pair.npos ? 0 : end);
  }

  void read_pair(std::string_view pair, std::size_t indent) {
    if (pair.starts_with("{")) return read_flow(pair, 0);
    const auto colon = colon_of(pair);
    if (colon == pair.npos) return;
    const auto key = without_quotes(pair.substr(0, colon));
    const auto value = trim(pair.substr(colon + 1));
    const bool told = key == "pci" || key == "address" || key == "type" || key == "deviceName" || key == "devices";
    if (value.starts_with("|") || value.starts_with(">")) scalar_indent_ = indent;
    if (told && scalar_indent_)
      return open(line_, "'" + std::string(pair.substr(0, 60)) + "' is YAML that is not read here: it may name more devices.");
    if (tell_what_is_not_read(key, value)) return;
    if (value.starts_with("{") || value.starts_with("[")) return read_flow(value, 0);
    if (value.empty()) return end_block();  // the name of what follows, indented
    put(key, value);
  }

  /// Names for what stands elsewhere, and interfaces of which the text alone does not say what they take.
  bool tell_what_is_not_read(std::string_view key, std::string_view value) {
    if (key == "hooks.kubevirt.io/hookSidecars")
      open(line_, "A sidecar of KubeVirt changes the definition before the guest starts; what it adds is not known here.");
    // What Incus and KubeVirt write at the top of a whole definition.
    is_known_ =
        is_known_ || key.starts_with("cloudInit") ||
        is_among(key, "architecture|config|devices|expanded_devices|profiles|apiVersion|kind|spec|domain|hostDevices|gpus");
    if (key == "sriov")
      open(line_, "An interface takes a virtual function of an SR-IOV network; which one is known only when it starts.");
    const bool elsewhere = key == "<<" || value.starts_with("&") || value.starts_with("*");
    if (elsewhere)
      open(line_, "'" + std::string(key.substr(0, 30)) + ": " + std::string(value.substr(0, 30)) +
                      "' is YAML that is not read here: it may name more devices.");
    return elsewhere;
  }

  void put(std::string_view key, std::string_view value) {
    if (key == "raw.qemu") {  // Incus hands it to QEMU as it stands
      auto words = split_command_line(std::string(without_quotes(value)), domain_.file);
      for (auto& word : words) word.line = line_;
      read_command_words(words, domain_);
    }
    if (block_.values.empty()) block_.line = line_;
    if (block_.values.size() < 64) block_.values[std::string(key)] = {std::string(without_quotes(value)), line_};
  }

  /// {type: pci, address: "0000:03:00.0"}, with others inside, on one line.
  void read_flow(std::string_view text, unsigned depth) {
    end_block();
    const char close = text.front() == '{' ? '}' : ']';
    if (text.back() != close || depth > 16)
      return open(line_, "'" + std::string(text.substr(0, 60)) + "' is YAML that is not read here: it may name more devices.");
    for (const auto part : parts_of(text.substr(1, text.size() - 2))) {
      const bool inner = part.starts_with("{") || part.starts_with("[");
      const auto colon = inner ? part.npos : colon_of(part);
      const auto key = without_quotes(part.substr(0, colon));
      const auto value = colon == part.npos ? part : trim(part.substr(colon + 1));
      if (tell_what_is_not_read(key, value)) continue;
      if (value.starts_with("{") || value.starts_with("[")) {
        auto outer = std::move(block_);
        block_ = {};
        read_flow(value, depth + 1);
        block_ = std::move(outer);
      } else if (colon != part.npos) {
        put(key, value);
      }
    }
    end_block();
  }

  /// Behind this text a quote is one; within a word it is a letter.
  static bool begins_value(std::string_view before) {
    before = trim(before);
    return before.empty() || std::string_view("{[,:").find(before.back()) != std::string_view::npos;
  }

  /// What stands between commas that are in no quotes and no inner brackets.
  static std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    std::size_t start = 0, depth = 0;
    char quote = 0;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      const char c = i < text.size() ? text[i] : ',';
      if (quote != 0 && i < text.size()) {
        if (c == quote) quote = 0;
        continue;
      }
      if ((c == '"' || c == '\'') && begins_value(text.substr(0, i))) quote = c;
      if (c == '{' || c == '[') ++depth;
      if ((c == '}' || c == ']') && depth > 0) --depth;
      if (c != ',' || (depth > 0 && i < text.size())) continue;
      if (const auto part = trim(text.substr(start, i - start)); !part.empty()) parts.push_back(part);
      start = i + 1;
    }
    return parts;
  }

  void end_block() {
    const auto block = std::move(block_);
    block_ = {};
    if (block.values.empty()) return;
    const auto type = block["type"];
    is_known_ = is_known_ || !type.empty() || !block["deviceName"].empty() || !block["pciVendorSelector"].empty() ||
                !block["pci"].empty();
    if (const auto name = block["deviceName"]; !name.empty() && resources_.size() < most_resources)
      resources_.push_back({std::string(name), {}, block.line});
    if (const auto ids = block["pciVendorSelector"]; !ids.empty() && permitted_.size() < most_resources)
      permitted_.push_back({std::string(block["resourceName"]), std::string(ids), block.line});
    if (type == "gpu")
      read_gpu(block);
    else if (type == "nic" || type == "infiniband")
      read_nic(block);
    else
      for (const auto* const key : {"pci", "address"}) add(block, key, block[key], false);
  }

  void open(std::size_t line, std::string what) {
    if (domain_.unresolved.size() < most_domain_devices) domain_.unresolved.push_back({line, std::move(what), {}});
  }

  /// Without pci= a GPU is found by other words, and without any each card is taken (Incus, "Type: gpu").
  void read_gpu(const Block& block) {
    const auto kind = block["gputype"];
    if (!kind.empty() && kind != "physical")
      open(block.line,
           "It takes a part of a card (gputype " + std::string(kind.substr(0, 40)) + ") that is made when it starts.");
    else if (!block["pci"].empty())
      add_card(block, "pci", block["pci"]);
    else if (!block["vendorid"].empty() && !block["productid"].empty())
      read_gpu_by_ids(block);
    else
      open(block.line, "It takes cards by other words than their address: which ones is known only when it starts.");
  }

  /// For a virtual machine there must be one such card, no more and no less (Incus, gpu_physical.go, startVM()).
  void read_gpu_by_ids(const Block& block) {
    const auto ids = std::string(block["vendorid"]) + ":" + std::string(block["productid"]);
    const auto& functions = functions_with(ids);
    const auto refuse = [&](const char* words) {
      domain_.faults.push_back({block.line,
                                "This host has " + std::to_string(functions->size()) + " functions with the ids " +
                                    ids.substr(0, 20) + ", and a virtual machine gets one card by them.",
                                words});
    };
    if (!functions)
      open(block.line, "Which function has the ids " + ids.substr(0, 20) + " could not be seen.");
    else if (functions->empty())
      refuse("Failed to detect requested GPU device");
    else if (functions->size() > 1)
      refuse("VMs cannot match multiple GPUs per device");
    else
      add_card(block, "productid", functions->front().text());
  }

  /// Incus binds each function of the card that shares its group, and gives them all to the machine (gpu_physical.go,
  /// pciDeviceDriverOverrideIOMMU(); driver_qemu.go, addGPUDevConfig()).
  void add_card(const Block& block, std::string_view key, std::string_view address) {
    add(block, key, address, true);
    const auto source = PciAddress::parse(address);
    const auto names = source ? root_.list("/sys/bus/pci/devices") : Observed<std::vector<std::string>>::absent();
    if (!names.has_value()) return;
    const auto group = group_of(*source);
    for (const auto& name : *names) {
      const auto other = PciAddress::parse(name);
      if (!other || *other == *source || other->domain != source->domain || other->bus != source->bus ||
          other->device != source->device)
        continue;
      if (const auto its = group_of(*other); group.has_value() && its.has_value() && *its == *group)
        add(block, key, name, true);
    }
  }

  Observed<std::string> group_of(const PciAddress& address) const {
    return root_.canonical("/sys/bus/pci/devices/" + address.text() + "/iommu_group");
  }

  /// A physical interface goes into the machine as the PCI function that it stands on.
  void read_nic(const Block& block) {
    const auto kind = block["nictype"];
    const auto parent = std::string(block["parent"]);
    if (kind == "sriov")
      return open(block.line,
                  "It takes a virtual function of " + parent.substr(0, 40) + "; which one is known only when it starts.");
    if (kind != "physical") return;
    const bool plain = !parent.empty() && parent.size() < 64 && parent.find('/') == std::string::npos && parent.front() != '.';
    const auto path = plain ? root_.canonical("/sys/class/net/" + parent + "/device") : Observed<std::string>::absent();
    const auto source = path.has_value() ? PciAddress::parse(base_name(*path)) : std::nullopt;
    if (source) return add(block, "parent", source->text(), true);
    open(block.line, "Which function the interface " + parent.substr(0, 40) + " stands on is not known here.");
  }

  /// What stands at `key`. "address" may be that of a network; `surely` one of a PCI function is meant.
  void add(const Block& block, std::string_view key, std::string_view address, bool surely) {
    if (address.empty()) return;
    const auto line = block.values.find(key)->second.line;
    const auto source = PciAddress::parse(address);
    if (!source && (surely || block["type"] == "pci"))
      domain_.faults.push_back({line, "'" + std::string(address.substr(0, 40)) + "' is no PCI address.", {}});
    if (!source) return;
    if (domain_.hostdevs.size() > most_domain_devices) throw InputError(domain_.file + ": too many devices");
    DomainHostdev device;
    device.source = *source;
    device.managed = true;  // Incus binds what it passes to vfio-pci
    device.line = line;
    domain_.hostdevs.push_back(std::move(device));
  }

  /// A name in a guest's definition, or what the configuration of KubeVirt permits under it: functions with these ids.
  struct Resource {
    std::string name, ids;
    std::size_t line = 0;
  };

  /// "10DE:1EB8" -> the functions of this host with these ids; nothing where they could not be seen.
  const std::optional<std::vector<PciAddress>>& functions_with(const std::string& ids) {
    const auto [known, is_new] = by_ids_.try_emplace(ids);
    if (is_new) known->second = find_functions(ids);
    return known->second;
  }

  /// "PCI_ID=10DE:1EB8" (pci_uevent() in drivers/pci/pci-driver.c).
  static bool has_ids(std::string_view line, std::uint64_t vendor, std::uint64_t device) {
    constexpr std::string_view key = "PCI_ID=";
    if (!line.starts_with(key)) return false;
    const auto ids = split(line.substr(key.size()), ':');
    return ids.size() == 2 && parse_unsigned(ids[0], 16) == vendor && parse_unsigned(ids[1], 16) == device;
  }

  std::optional<std::vector<PciAddress>> find_functions(std::string_view ids) const {
    const auto words = split(ids, ':');
    const auto names = root_.list("/sys/bus/pci/devices");
    const auto vendor = words.size() == 2 ? parse_unsigned(trim(words[0]), 16) : std::nullopt;
    const auto device = words.size() == 2 ? parse_unsigned(trim(words[1]), 16) : std::nullopt;
    if (!names.has_value() || !vendor || !device) return std::nullopt;
    std::vector<PciAddress> found;
    for (const auto& name : *names) {
      const auto address = PciAddress::parse(name);
      const auto uevent = root_.read("/sys/bus/pci/devices/" + name + "/uevent");
      if (!address || !uevent.has_value() || uevent->find("PCI_ID=") == std::string::npos) return std::nullopt;
      const auto lines = split_lines(*uevent);
      if (std::ranges::any_of(lines, [&](std::string_view line) { return has_ids(line, *vendor, *device); }))
        found.push_back(*address);
    }
    return found;
  }

  /// KubeVirt, "Host Devices Assignment": deviceName is a resourceName of the configuration, which selects by ids.
  void resolve_resources() {
    for (const auto& resource : resources_) {
      const auto permitted = std::ranges::find(permitted_, resource.name, &Resource::name);
      const auto functions =
          permitted == permitted_.end() ? std::optional<std::vector<PciAddress>>() : functions_with(permitted->ids);
      const auto wanted = static_cast<std::size_t>(std::ranges::count(resources_, resource.name, &Resource::name));
      const auto shown = resource.name.substr(0, 80);
      if (!functions)
        open(resource.line, "Which function the resource " + shown + " stands for is known only to the node's device plugin.");
      else if (functions->size() < wanted)
        domain_.faults.push_back({resource.line,
                                  "This host has " + std::to_string(functions->size()) + " functions with the ids " +
                                      permitted->ids.substr(0, 20) + " of the resource " + shown + ", and " +
                                      std::to_string(wanted) + " are wanted.",
                                  {}});
      else if (functions->size() > wanted)
        open(resource.line, "Which of " + std::to_string(functions->size()) + " functions with the ids " +
                                permitted->ids.substr(0, 20) + " the resource " + shown +
                                " stands for is known only when it starts.");
      else
        take_each(*functions, resource.line);
    }
    for (const auto& one : permitted_)
      if (std::ranges::find(resources_, one.name, &Resource::name) == resources_.end())
        open(one.line, "Guests may ask for any function with the ids " + one.ids.substr(0, 20) + " (resource " +
                           one.name.substr(0, 80) + "); which one they get is known only when they start.");
  }

  void take_each(const std::vector<PciAddress>& functions, std::size_t line) {
    for (const auto& function : functions) {
      if (std::ranges::find(domain_.hostdevs, function, &DomainHostdev::source) != domain_.hostdevs.end()) continue;
      DomainHostdev device;
      device.source = function;
      device.line = line;
      domain_.hostdevs.push_back(std::move(device));
    }
  }

  static constexpr std::size_t most_resources = 256;
  const Root& root_;
  Domain domain_;
  Block block_;
  std::vector<Resource> resources_, permitted_;
  std::map<std::string, std::optional<std::vector<PciAddress>>> by_ids_;
  std::optional<std::size_t> scalar_indent_;  ///< of the line that began a text of several lines
  std::size_t line_ = 0;
  bool is_known_ = false;  ///< something in it is of Incus, LXD or KubeVirt
};

}  // namespace

Domain parse_device_list(const std::string& text, const std::string& name, const Root& root) {
  return ListReader(name, root).read(text);
}

}  // namespace vfio_doctor
