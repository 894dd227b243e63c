// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot/snapshot.hpp"

#include <cstdint>
#include <cstdio>
#include <map>

#include "base/input_error.hpp"
#include "base/text.hpp"
#include "facts/pci/pci_names.hpp"
#include "facts/platform/machine_identity.hpp"
#include "machine/machine_text.hpp"
#include "machine/recording_root.hpp"
#include "snapshot/archive.hpp"

namespace vfio_doctor {
namespace {

/// The names in use, in the format of pci.ids. The list knows vendor and device apart, a function only both together.
std::string used_names(const Root& root, const Host& host) {
  PciNames names(root);
  std::map<std::uint32_t, std::string> functions;
  std::map<std::uint16_t, std::string> classes;
  for (const auto& function : host.all_functions()) {
    if (function.id.has_ids())
      functions[static_cast<std::uint32_t>(*function.id.vendor) << 16 | *function.id.device] = function.name;
    if (const auto kind = function.class_and_subclass()) classes[*kind] = function.class_name;
  }
  std::string list, vendor_line;
  for (const auto& [ids, name] : functions) {
    auto vendor = names.vendor_name(static_cast<std::uint16_t>(ids >> 16));
    if (!name.starts_with(vendor + " ")) vendor = name.substr(0, name.find(' '));
    if (vendor.size() + 1 >= name.size()) continue;
    const auto line = hex_text(ids >> 16, 4) + "  " + vendor + "\n";
    if (line != vendor_line) list += line;
    vendor_line = line;
    list += "\t" + hex_text(ids & 0xffff, 4) + "  " + name.substr(vendor.size() + 1) + "\n";
  }
  for (const auto& [kind, name] : classes)
    list += "C " + hex_text(kind >> 8, 2) + "  -\n\t" + hex_text(kind & 0xff, 2) + "  " + name + "\n";
  return list;
}

}  // namespace

RecordedNodes take_snapshot(const Root& root, Wake wake) {
  const RecordingRoot recorder(root);
  const Host host = gather_host(recorder, wake);
  auto identity = gather_board(recorder);
  gather_versions(root, identity);  // not recorded: the package database says too much, and is too large
  auto nodes = recorder.nodes();
  nodes[MachineIdentity::recorded_versions_path] = {RecordedNode::Kind::file, versions_text(identity)};
  nodes[recorded_processes_path] = {RecordedNode::Kind::file, recorded_processes(host.processes)};
  for (auto& [path, node] : recorded_image(host.initial_image)) nodes[path] = std::move(node);
  nodes[recorded_nodes_path] = {RecordedNode::Kind::file, recorded_nodes(host.access)};
  nodes[PciNames::recorded_names_path] = {RecordedNode::Kind::file, used_names(root, host)};
  return nodes;
}

RecordedNodes read_snapshot(const std::string& bytes, const std::string& name) {
  if (is_archive(bytes)) return read_archive(bytes, name);
  if (bytes.substr(0, 4096).find('\0') != std::string::npos)
    throw InputError(name + ": neither an archive made by 'vfio-doctor snapshot' nor the text of a recorded machine");
  const auto start = trim(bytes);
  if (start.empty()) throw InputError(name + ": empty; expected a snapshot");
  if (start.front() == '{') throw InputError(name + ": a report (JSON) cannot be replayed; expected a snapshot");
  if (!begins_like_machine_text(start))
    throw InputError(name + ": neither a snapshot, nor the text of a recorded machine (.machine): its first line is no record");
  return parse_machine_text(bytes, name);
}

}  // namespace vfio_doctor
