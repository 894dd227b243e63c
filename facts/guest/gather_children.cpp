// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"
#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

using Kind = GuestChild::Kind;

struct ClassDirectory {
  const char* name;
  Kind kind;
};
constexpr std::array classes = {
    ClassDirectory{"block", Kind::block},      ClassDirectory{"net", Kind::net},
    ClassDirectory{"ieee80211", Kind::wireless}, ClassDirectory{"sound", Kind::sound},
    ClassDirectory{"drm", Kind::display},      ClassDirectory{"mmc_host", Kind::mmc},
    ClassDirectory{"scsi_host", Kind::scsi},   ClassDirectory{"nvme", Kind::nvme},
    ClassDirectory{"infiniband", Kind::infiniband},
};

/// "card0", not "controlC0" or "card0-HDMI-A-1": what stands for the whole device.
bool is_whole_device(Kind kind, const std::string& name) {
  if (kind == Kind::sound) return name.starts_with("card");
  if (kind == Kind::display)
    return (name.starts_with("card") || name.starts_with("renderD")) && name.find('-') == std::string::npos;
  return true;
}

Observed<std::uint64_t> read_sectors(const Root& root, const std::string& path) {
  const auto line = root.read_line(path + "/size");
  if (!line.has_value()) return Observed<std::uint64_t>::like(line);
  const auto sectors = parse_unsigned(line.value());
  return sectors ? Observed<std::uint64_t>(*sectors)
                 : Observed<std::uint64_t>::unreadable(path + "/size holds no number");
}

/// With native multipath a namespace's disk hangs on a virtual subsystem, not on the PCI function. The function's
/// controller then holds only its path to it ("nvme0c0n1"), which is as good a proof.
void add_nvme_paths(const Root& root, const std::string& controller, std::vector<GuestChild>& children) {
  const auto entries = root.list(controller);
  if (!entries.has_value()) return;
  for (const auto& name : entries.value()) {
    const bool is_namespace = name.starts_with("nvme") && name.find('n', 1) != std::string::npos &&
                              root.exists(controller + "/" + name + "/size");
    const auto known = [&name](const GuestChild& child) { return child.name == name; };
    if (!is_namespace || std::any_of(children.begin(), children.end(), known)) continue;
    children.push_back({Kind::block, name, Observed<std::string>::absent(),
                        read_sectors(root, controller + "/" + name)});
  }
}

void add_child(const Root& root, Kind kind, const std::string& name, const std::string& path,
               std::vector<GuestChild>& children) {
  GuestChild child{kind, name, Observed<std::string>::absent(), Observed<std::uint64_t>::absent()};
  if (kind == Kind::block) {
    if (root.exists(path + "/partition")) return;
    child.sectors = read_sectors(root, path);
  }
  if (kind == Kind::nvme || kind == Kind::net)
    child.state = root.read_line(path + (kind == Kind::nvme ? "/state" : "/operstate"));
  const auto known = [&child](const GuestChild& other) { return other.kind == child.kind && other.name == child.name; };
  if (std::none_of(children.begin(), children.end(), known)) children.push_back(std::move(child));
}

}  // namespace

void gather_children(const Root& root, const std::vector<FunctionPath>& functions) {
  for (const auto& [path, function] : functions) function->children = std::vector<GuestChild>{};
  std::vector<std::pair<std::string, GuestFunction*>> controllers;
  for (const auto& [directory, kind] : classes) {
    const std::string base = std::string("/sys/class/") + directory;
    const auto entries = root.list(base);
    if (entries.is_unreadable())
      for (const auto& [path, function] : functions)
        function->children = Observed<std::vector<GuestChild>>::unreadable(base + ": " + entries.why());
    if (!entries.has_value()) continue;
    for (const auto& name : entries.value()) {
      if (!is_whole_device(kind, name)) continue;
      const auto path = root.canonical(base + "/" + name);
      auto* owner = path.has_value() ? owner_of(functions, path.value()) : nullptr;
      if (!owner || !owner->children.has_value()) continue;
      // simpledrm's card is the firmware's picture, not the function's driver: below it since Linux 6.9 (sysfb.c).
      if (kind == Kind::display && path->find("-framebuffer") != std::string::npos) continue;
      add_child(root, kind, name, path.value(), owner->children.value());
      if (kind == Kind::nvme) controllers.emplace_back(path.value(), owner);
    }
  }
  for (const auto& [path, owner] : controllers)
    if (owner->children.has_value()) add_nvme_paths(root, path, owner->children.value());
}

}  // namespace vfio_doctor
