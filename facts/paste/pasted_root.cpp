// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/paste/pasted_root.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

using Kind = RecordedNode::Kind;

/// What a recorded machine calls absent was not pasted.
template <class T>
Observed<T> not_pasted(Observed<T> answer) {
  return answer.is_absent() ? Observed<T>::unreadable("not pasted") : answer;
}

bool is_guest(const PastedAt& at, const std::vector<PasteDocument>& documents) {
  return at.document < documents.size() && documents[at.document].machine == PastedFrom::guest;
}

std::string joined(const std::vector<PastedText>& lines) {
  std::string text;
  for (const auto& line : lines) text += line.text + "\n";
  return text;
}

}  // namespace

PastedRoot::PastedRoot(const PastedMachine& machine, const std::vector<PasteDocument>& documents) {
  RecordedNodes nodes;
  // Several command lines are of several boots or machines: which one runs is not known.
  if (machine.command_lines.size() == 1 && !is_guest(machine.command_lines.front().at, documents)) {
    nodes["/proc/cmdline"] = {Kind::file, machine.command_lines.front().text + "\n"};
    shown_["/proc/cmdline"] = machine.command_lines.front().at;
  }
  if (!machine.iomem.empty() && !is_guest(machine.iomem.front().at, documents)) {
    nodes["/proc/iomem"] = {Kind::file, joined(machine.iomem)};
    shown_["/proc/iomem"] = machine.iomem.front().at;
  }
  add_functions(machine, documents, nodes);
  inner_ = std::make_unique<MemoryRoot>(std::move(nodes));
}

void PastedRoot::add_functions(const PastedMachine& machine, const std::vector<PasteDocument>& documents,
                               RecordedNodes& nodes) {
  for (const auto& function : machine.functions) {
    if (is_guest(function.at, documents) || !function.vendor_id) continue;
    const auto address = function.address.text();
    const auto directory = "/sys/bus/pci/devices/" + address;
    const auto ids = hex_text(*function.vendor_id, 4) + ":" + hex_text(*function.device_id, 4);
    auto& uevent = nodes[directory + "/uevent"];
    // Two machines in one paste: what is at this address is not known.
    if (!uevent.content.empty() && uevent.content.find(ids) == std::string::npos) {
      uevent = {Kind::unreadable, "pasted twice, differently"};
      continue;
    }
    if (!function.driver && !function.shows_details) {  // whether a driver is bound is not shown
      if (uevent.content.empty()) nodes.erase(directory + "/uevent");
      nodes[directory + "/vendor"] = {Kind::file, "0x" + hex_text(*function.vendor_id, 4) + "\n"};
      nodes[directory + "/device"] = {Kind::file, "0x" + hex_text(*function.device_id, 4) + "\n"};
    } else {
      uevent = {Kind::file, (function.driver.value_or("").empty() ? std::string() : "DRIVER=" + *function.driver + "\n") +
                                "PCI_ID=" + ids + "\n"};
    }
    if (function.group)
      nodes[directory + "/iommu_group"] = {Kind::link, "../../../../kernel/iommu_groups/" + std::to_string(*function.group)};
    shown_[address] = function.driver_at.value_or(function.at);
  }
  for (const auto& member : machine.group_members) {
    if (is_guest(member.at, documents)) continue;
    const auto group = "/sys/kernel/iommu_groups/" + std::to_string(member.group);
    nodes[group + "/devices/" + member.address.text()] = {Kind::directory, {}};
    shown_.emplace(group, member.at);
  }
}

Observed<std::string> PastedRoot::read(const std::string& path, std::size_t limit) const {
  return not_pasted(inner_->read(path, limit));
}
Observed<std::string> PastedRoot::read_head(const std::string& path, std::size_t length) const {
  return not_pasted(inner_->read_head(path, length));
}
Observed<std::vector<std::string>> PastedRoot::list(const std::string& path) const {
  // Directories above a pasted node hold more than was pasted; only these two are lists that people paste.
  const bool is_list = path == "/sys/bus/pci/devices" || path == "/sys/kernel/iommu_groups" ||
                       (path.starts_with("/sys/kernel/iommu_groups/") && path.ends_with("/devices"));
  return is_list ? not_pasted(inner_->list(path)) : Observed<std::vector<std::string>>::unreadable("not pasted");
}
Observed<std::string> PastedRoot::read_link(const std::string& path) const { return not_pasted(inner_->read_link(path)); }
Observed<NodeKind> PastedRoot::kind(const std::string& path) const { return not_pasted(inner_->kind(path)); }
Observed<std::string> PastedRoot::canonical(const std::string& path) const { return not_pasted(inner_->canonical(path)); }

const PastedAt* PastedRoot::shown_at(const std::string& path_or_address) const {
  auto found = shown_.find(path_or_address);
  for (auto path = path_or_address; found == shown_.end() && path.size() > 1 && path.starts_with('/'); path = parent_path(path))
    found = shown_.find(parent_path(path));
  return found == shown_.end() ? nullptr : &found->second;
}

}  // namespace vfio_doctor
