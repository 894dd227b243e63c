// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include "base/text.hpp"
#include "exercise/act.hpp"

namespace vfio_doctor {
namespace {

using Kind = GuestChild::Kind;

std::string line_or_nothing(const Root& root, const std::string& path) {
  const auto line = root.read_line(path);
  return line.has_value() ? line.value() : std::string();
}

/// A whole number of logical blocks, as O_DIRECT wants it.
std::size_t block_bytes(const Root& root, const std::string& name) {
  constexpr std::uint64_t usual = 4096, largest = 65536;
  const auto stated = parse_unsigned(line_or_nothing(root, "/sys/class/block/" + name + "/queue/logical_block_size"));
  return stated && *stated > usual && *stated <= largest && (*stated & (*stated - 1)) == 0 ? static_cast<std::size_t>(*stated)
                                                                                           : usual;
}

Act act_on_disk(const Root& root, const GuestChild& disk) {
  Act act;
  act.kind = Act::Kind::read_block;
  act.name = disk.name;
  act.node = "/dev/" + disk.name;
  std::ranges::replace(act.node, '!', '/');  // "cciss!c0d0" (Linux, block/genhd.c)
  act.number = line_or_nothing(root, "/sys/class/block/" + disk.name + "/dev");
  act.bytes = block_bytes(root, disk.name);
  return act;
}

Act act_on_interface(const Root& root, const GuestFunction& function, const GuestChild& interface) {
  Act act;
  act.name = interface.name;
  const auto flags = parse_unsigned(line_or_nothing(root, "/sys/class/net/" + interface.name + "/flags"), 16);
  constexpr std::uint64_t is_up = 1;  // IFF_UP
  // What is not known to be down is left as it is.
  act.kind = flags && (*flags & is_up) == 0 ? Act::Kind::bring_up : Act::Kind::watch_link;
  act.is_radio =
      std::ranges::any_of(function.children.value(), [](const GuestChild& child) { return child.kind == Kind::wireless; });
  return act;
}

Act act_on_node(const Root& root, Act::Kind kind, const GuestChild& child, const std::string& directory) {
  Act act;
  act.kind = kind;
  act.name = child.name;
  act.node = "/dev/" + directory + child.name;
  act.number = line_or_nothing(root, "/sys/class/" + child.type + "/" + child.name + "/dev");
  return act;
}

/// A path of a multipath drive ("nvme0c0n1") has no node of its own, and the drive's node may take another path.
bool has_node(const GuestChild& disk) { return !disk.name.starts_with("nvme") || disk.name.find('c') == disk.name.npos; }

void plan_for_children(const Root& root, const GuestFunction& function, std::vector<Act>& acts) {
  if (!function.children.has_value()) return;
  for (const auto& child : function.children.value()) {
    if (child.kind == Kind::block && has_node(child) && child.sectors.has_value() && child.sectors.value() > 0)
      acts.push_back(act_on_disk(root, child));
    if (child.kind == Kind::net) acts.push_back(act_on_interface(root, function, child));
    if (child.kind == Kind::display && child.name.starts_with("renderD"))
      acts.push_back(act_on_node(root, Act::Kind::ask_display, child, "dri/"));
    if (child.kind == Kind::sound && child.name.starts_with("hwC")) {
      acts.push_back(act_on_node(root, Act::Kind::ask_codec, child, "snd/"));
      acts.back().id = line_or_nothing(root, "/sys/class/sound/" + child.name + "/vendor_id");
    }
  }
}

/// Root hubs are made of software: what they answer proves nothing of the controller.
void plan_for_usb(const Root& root, const GuestFunction& function, std::vector<Act>& acts) {
  if (!function.usb.has_value()) return;
  for (const auto& device : function.usb.value()) {
    if (device.is_root_hub || device.bus == 0 || device.device == 0) continue;
    Act act;
    act.kind = Act::Kind::read_descriptor;
    act.name = device.name;
    char node[40];
    std::snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", device.bus, device.device);
    act.node = node;
    act.number = line_or_nothing(root, "/sys/bus/usb/devices/" + device.name + "/dev");
    act.id = device.id;
    acts.push_back(std::move(act));
  }
}

}  // namespace

std::string Act::announcement() const {
  switch (kind) {
    case Kind::read_block:
      return "reads " + std::to_string(bytes) + " bytes of " + node + " past all caches; writes nothing";
    case Kind::watch_link:
      return "asks " + name + " for its link and counts what it receives; changes nothing";
    case Kind::bring_up:
      return "brings " + name +
             " up for some seconds and takes it down again; meanwhile the guest may announce itself on that link (IPv6)";
    case Kind::ask_display:
      return "asks the driver behind " + node + " for its name; starts nothing on it";
    case Kind::read_descriptor:
      return "asks the USB device " + name + " (" + id + ") anew for its descriptor; changes nothing";
    case Kind::ask_codec:
      return "asks the sound codec " + name + " for its ids; changes nothing";
  }
  return {};
}

std::vector<Act> plan_acts(const Root& root, const GuestFunction& function) {
  std::vector<Act> acts;
  plan_for_children(root, function, acts);
  plan_for_usb(root, function, acts);
  if (acts.size() > most_acts_per_function) acts.resize(most_acts_per_function);
  return acts;
}

}  // namespace vfio_doctor
