// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts/room/room.hpp"

#include <algorithm>
#include <array>

#include "base/in_parallel.hpp"
#include "base/text.hpp"
#include "facts/pci/memory_areas.hpp"
#include "facts/pci/sysfs_path.hpp"
#include "machine/read_number.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t most_pictures = 16;

/// "TOTAL_ERR_FATAL 0" (drivers/pci/pcie/aer.c aer_stats_dev_attr).
Observed<std::uint64_t> read_errors(const Root& root, const std::string& path) {
  const auto text = root.read(path, 8 << 10);
  if (!text.has_value()) return Observed<std::uint64_t>::like(text);
  for (const auto line : split_lines(text.value()))
    if (const auto words = split_words(line); words.size() == 2 && words[0].starts_with("TOTAL_ERR_"))
      if (const auto number = parse_unsigned(words[1])) return *number;
  return Observed<std::uint64_t>::unreadable(path + " holds no total");
}

/// An endpoint that has no base address at all: no such registers, or none of them was assigned.
bool has_no_address(const PciFunction& function) {
  const auto* addresses = function.config.base_addresses.get();
  return addresses && std::ranges::all_of(*addresses, [](std::uint32_t address) { return (address & ~0xfU) == 0; });
}

bool is_held_by_vfio(const PciFunction& function) { return function.vfio_device.has_value() || function.driver.is("vfio-pci"); }

bool is_of_interest(const PciFunction& function) {
  if (function.is_bridge()) return false;
  const auto kind = function.class_and_subclass();
  const auto base = kind ? *kind >> 8 : 0;
  return base == 0x03 || base == 0x12 || !function.virtual_functions.is_absent() || function.physical_function.has_value() ||
         is_held_by_vfio(function) || has_no_address(function);
}

FunctionRoom look_at(const Root& root, const PciFunction& function) {
  FunctionRoom room;
  AttributePath path(function.sysfs_path);
  room.total_virtual_functions = function.virtual_functions.is_absent() ? Observed<unsigned>::absent()
                                                                        : read_number<unsigned>(root, path("sriov_totalvfs"));
  if (function.physical_function.has_value()) room.runtime_enabled = root.read_line(path("power/runtime_enabled"));
  if (is_held_by_vfio(function)) {
    room.fatal_errors = read_errors(root, path("aer_dev_fatal"));
    room.nonfatal_errors = read_errors(root, path("aer_dev_nonfatal"));
  }
  return room;
}

Observed<std::vector<FirmwarePicture>> read_pictures(const Root& root) {
  static constexpr auto names =
      std::to_array<std::string_view>({"BOOTFB", "efifb", "simplefb", "simple-framebuffer", "simpledrm", "vesafb"});
  const auto areas = areas_in_functions(root, names);
  if (!areas.has_value()) return Observed<std::vector<FirmwarePicture>>::like(areas);
  std::vector<FirmwarePicture> found;
  for (const auto& area : areas.value())
    if (found.size() < most_pictures) found.push_back({area.name, area.function});
  return found;
}

Observed<unsigned> read_physical_bits(const Root& root) {
  const auto text = root.read_head("/proc/cpuinfo", 64 << 10);
  if (!text.has_value()) return Observed<unsigned>::like(text);
  for (const auto line : split_lines(text.value())) {
    if (!line.starts_with("address sizes")) continue;
    const auto words = split_words(line.substr(std::min(line.size(), line.find(':') + 1)));
    if (const auto bits = words.empty() ? std::nullopt : parse_unsigned(words[0]); bits && *bits <= 64)
      return static_cast<unsigned>(*bits);
  }
  return Observed<unsigned>::absent();
}

}  // namespace

RoomFacts gather_room(const Root& root, const std::vector<PciFunction>& functions) {
  RoomFacts facts;
  std::vector<const PciFunction*> wanted;
  for (const auto& function : functions)
    if (is_of_interest(function)) wanted.push_back(&function);
  auto rooms = in_parallel(wanted, [&root](const PciFunction* function) { return look_at(root, *function); });
  for (std::size_t i = 0; i < wanted.size(); ++i) facts.functions.emplace(wanted[i]->address, std::move(rooms[i]));
  facts.pictures = read_pictures(root);
  facts.physical_bits = read_physical_bits(root);
  return facts;
}

}  // namespace vfio_doctor
