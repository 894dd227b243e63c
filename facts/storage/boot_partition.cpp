// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/storage/boot_partition.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.hpp"

namespace vfio_doctor {
namespace {

const std::string variables = "/sys/firmware/efi/efivars/";
const std::string global_guid = "-8be4df61-93ca-11d2-aa0d-00e098032b8c";
const std::string loader_guid = "-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
constexpr std::size_t attribute_bytes = 4;  // efivarfs puts the attributes before the value

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }
unsigned word_at(std::string_view bytes, std::size_t at) { return byte_at(bytes, at) | byte_at(bytes, at + 1) << 8; }

/// A GUID as it lies in memory: the first three fields are little-endian.
std::string guid_text(std::string_view bytes) {
  static constexpr std::array<int, 16> order = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
  std::string text;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += hex_text(byte_at(bytes, static_cast<std::size_t>(order[i])), 2);
  }
  return text;
}

Observed<std::string> read_variable(const Root& root, const std::string& name) {
  auto bytes = root.read(variables + name, 65536);
  if (bytes.has_value() && bytes->size() < attribute_bytes) return Observed<std::string>::unreadable("too short");
  if (bytes.has_value()) bytes.value().erase(0, attribute_bytes);
  return bytes;
}

/// UTF-16 text that holds nothing but ASCII.
std::string narrow(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i + 1 < bytes.size() && word_at(bytes, i) != 0; i += 2)
    if (word_at(bytes, i) < 0x7f) text += static_cast<char>(word_at(bytes, i));
  return text;
}

void add_from_firmware(const Root& root, std::vector<BootPartition>& found) {
  const std::string use = "the partition that this host was booted from";
  const auto loader = read_variable(root, "LoaderDevicePartUUID" + loader_guid);
  if (loader.has_value())
    found.push_back({"PARTUUID=" + to_lower(narrow(loader.value())), use, variables + "LoaderDevicePartUUID" + loader_guid});
  const auto current = read_variable(root, "BootCurrent" + global_guid);
  if (!current.has_value() || current->size() != 2) return;
  std::array<char, 16> entry{};
  std::snprintf(entry.data(), entry.size(), "Boot%04X", word_at(current.value(), 0));
  const auto option = read_variable(root, entry.data() + global_guid);
  const auto guid = option.has_value() ? partition_of_load_option(option.value()) : std::string();
  if (!guid.empty()) found.push_back({"PARTUUID=" + guid, use, variables + entry.data() + global_guid});
}

bool is_boot_point(std::string_view point) { return point == "/efi" || point == "/boot" || point.starts_with("/boot/"); }

}  // namespace

std::string partition_of_load_option(std::string_view bytes) {
  // Attributes (4), length of the device path (2), description (UTF-16, ends with 0), device path.
  if (bytes.size() < 8) return {};
  const std::size_t path_bytes = word_at(bytes, 4);
  std::size_t at = 6;
  while (at + 1 < bytes.size() && word_at(bytes, at) != 0) at += 2;
  at += 2;
  if (at > bytes.size()) return {};
  auto path = bytes.substr(at, path_bytes);
  while (path.size() >= 4) {
    const std::size_t length = word_at(path, 2);
    if (length < 4 || length > path.size()) return {};
    // Media device path, hard drive: partition number (4), start (8), size (8), signature (16), format, kind of it.
    const bool is_hard_drive = byte_at(path, 0) == 4 && byte_at(path, 1) == 1 && length >= 42;
    if (is_hard_drive && byte_at(path, 41) == 2) return guid_text(path.substr(24, 16));
    path.remove_prefix(length);
  }
  return {};
}

std::vector<BootPartition> find_boot_partitions(const Root& root, const MountTable& mounts) {
  std::vector<BootPartition> found;
  add_from_firmware(root, found);
  for (const auto& entry : read_fstab(root)) {
    const auto is_mounted = [&entry](const Mount& mount) { return mount.point == entry.point && mount.type != "autofs"; };
    if (is_boot_point(entry.point) && std::ranges::none_of(mounts.mounts, is_mounted))
      found.push_back({entry.device, "the unmounted " + entry.point, "/etc/fstab"});
  }
  return found;
}

}  // namespace vfio_doctor
