// SPDX-License-Identifier: GPL-2.0-or-later
// The YAML in which Incus, LXD and KubeVirt write down devices: as much of it as their own tools print and their pages show.
#include <algorithm>
#include <functional>
#include <map>

#include "base/input_error.hpp"
#include "base/text.hpp"
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
      if (indent != depth || content.starts_with("- ")) end_block();
      depth = indent;
      if (content.starts_with("- ")) depth += 2;
      read_pair(content.starts_with("- ") ? trim(content.substr(2)) : content);
    }
    end_block();
    return std::move(domain_);
  }

 private:
  static std::size_t comment_at(std::string_view line) {
    const auto at = line.find(" #");
    return line.starts_with("#") ? 0 : at;
  }

  void read_pair(std::string_view pair) {
    const auto colon = pair.find(':');
    if (colon == pair.npos) return;
    const auto value = trim(pair.substr(colon + 1));
    if (value.starts_with("{")) return read_flow(value);
    if (value.empty()) return end_block();  // the name of what follows, indented
    if (block_.values.empty()) block_.line = line_;
    if (block_.values.size() < 64)
      block_.values[std::string(without_quotes(pair.substr(0, colon)))] = {std::string(without_quotes(value)), line_};
  }

  /// {type: pci, address: "0000:03:00.0"}
  void read_flow(std::string_view text) {
    end_block();
    const auto end = text.rfind('}');
    for (const auto part : split(text.substr(1, end == text.npos ? end : end - 1), ',')) read_pair(trim(part));
    end_block();
  }

  void end_block() {
    const auto block = std::move(block_);
    block_ = {};
    if (block.values.empty()) return;
    const auto type = block["type"];
    if (!block["deviceName"].empty())
      open(block.line, "Which function the resource " + std::string(block["deviceName"].substr(0, 80)) +
                           " stands for is known only to the node's device plugin.");
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
    else if (block["pci"].empty())
      open(block.line, "It takes cards by other words than their address: which ones is known only when it starts.");
    else
      add(block, "pci", block["pci"], true);
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

  const Root& root_;
  Domain domain_;
  Block block_;
  std::size_t line_ = 0;
};

}  // namespace

Domain parse_device_list(const std::string& text, const std::string& name, const Root& root) {
  return ListReader(name, root).read(text);
}

}  // namespace vfio_doctor
