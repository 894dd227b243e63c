// SPDX-License-Identifier: GPL-2.0-or-later
// From the names people and tables use for block devices to the kernel's own.
#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "facts/storage/tracer.hpp"

namespace vfio_doctor {
namespace {

using Name = Observed<std::string>;

struct Tag {
  std::string_view name;
  const char* directory;
};
constexpr std::array<Tag, 5> tags = {
    {{"UUID", "by-uuid"}, {"PARTUUID", "by-partuuid"}, {"LABEL", "by-label"}, {"PARTLABEL", "by-partlabel"}, {"ID", "by-id"}}};

/// Where device-mapper names are made of two parts, a hyphen inside a part is doubled.
std::string double_hyphens(std::string_view part) {
  std::string doubled;
  for (const char c : part) doubled += c == '-' ? "--" : std::string(1, c);
  return doubled;
}

/// udev writes blanks in link names as "\x20".
std::string as_link_name(std::string_view value) {
  std::string name;
  for (const char c : value) name += c == ' ' ? "\\x20" : c == '/' ? "\\x2f" : std::string(1, c);
  return name;
}

/// Newer kernels say the PARTUUID of a partition themselves; that works without udev.
Name partition_by_uuid(const Root& root, const std::vector<std::string>& names, std::string_view uuid) {
  bool told = false;
  for (const auto& name : names) {
    const auto uevent = root.read("/sys/class/block/" + name + "/uevent");
    if (!uevent.has_value()) continue;
    for (const auto line : split_lines(uevent.value())) {
      if (!line.starts_with("PARTUUID=")) continue;
      told = true;
      if (to_lower(line.substr(9)) == uuid) return name;
    }
  }
  return told ? Name::absent() : Name::unreadable("neither /dev/disk nor /sys says the ids of partitions");
}

}  // namespace

std::optional<std::string> StorageTracer::mapped_name(const std::string& device_mapper_name) {
  if (!mapper_names_) {
    mapper_names_.emplace();
    for (const auto& name : block_names()) {
      if (!name.starts_with("dm-")) continue;
      const auto mapped = root_.read_line("/sys/class/block/" + name + "/dm/name");
      if (mapped.has_value()) mapper_names_->emplace(mapped.value(), name);
    }
  }
  const auto found = mapper_names_->find(device_mapper_name);
  if (found == mapper_names_->end()) return std::nullopt;
  return found->second;
}

Observed<std::string> StorageTracer::device_name(const std::string& device) {
  for (const auto& tag : tags) {
    if (!device.starts_with(std::string(tag.name) + "=")) continue;
    auto value = device.substr(tag.name.size() + 1);
    if (tag.name == "PARTUUID") value = to_lower(value);
    const std::string directory = std::string("/dev/disk/") + tag.directory;
    const auto target = root_.read_link(directory + "/" + as_link_name(value));
    if (target.has_value()) return base_name(target.value());
    if (root_.exists(directory)) return Name::absent();
    if (tag.name == "PARTUUID") return partition_by_uuid(root_, block_names(), value);
    return Name::unreadable(directory + " cannot be read");
  }
  if (!device.starts_with("/dev/")) return Name::unreadable("'" + device.substr(0, 80) + "' is no device name");
  const std::string name = device.substr(5);
  if (name.starts_with("mapper/"))
    if (const auto mapped = mapped_name(name.substr(7))) return *mapped;
  std::string kernel_name = name;
  std::ranges::replace(kernel_name, '/', '!');
  if (root_.exists("/sys/class/block/" + kernel_name)) return kernel_name;
  if (const auto slash = name.find('/'); slash != name.npos) {
    const auto volume = double_hyphens(name.substr(0, slash)) + "-" + double_hyphens(name.substr(slash + 1));
    if (const auto mapped = mapped_name(volume)) return *mapped;
  }
  const auto target = root_.read_link(device);
  if (target.has_value()) return base_name(target.value());
  return target.is_unreadable() ? Name::unreadable(device + ": " + target.why()) : Name::absent();
}

Footing StorageTracer::block_by_name(const std::string& name) {
  const auto path = root_.canonical("/sys/class/block/" + name);
  if (path.has_value() && path->starts_with("/sys/devices/")) return block(path.value());
  Footing footing;
  footing.label = name;
  return footing.fail("/sys/class/block has no " + name.substr(0, 80));
}

Footing StorageTracer::block_by_device(const std::string& device) {
  const auto name = device_name(device);
  if (name.has_value()) return block_by_name(name.value());
  Footing footing;
  footing.label = base_name(device);
  return footing.fail(name.is_absent() ? "there is no device " + device.substr(0, 120) : name.why());
}

}  // namespace vfio_doctor
