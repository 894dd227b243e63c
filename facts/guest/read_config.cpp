// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <cstdio>
#include <functional>

#include "facts/guest/gather_parts.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t header_bytes = 64, conventional_bytes = 256, extended_bytes = 4096;

std::uint32_t little_endian(const std::string& bytes, std::size_t at, std::size_t width) {
  std::uint32_t value = 0;
  for (std::size_t i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

/// The Device Serial Number extended capability (PCIe base specification 7.9.3): id 3, two dwords. A list that
/// loops or leads out of the space ends the search.
Observed<std::string> device_serial(const std::string& config) {
  if (config.size() <= header_bytes)
    return Observed<std::string>::unreadable("only root can read behind the first 64 bytes");
  if (config.size() < extended_bytes) return Observed<std::string>::absent();
  std::size_t at = conventional_bytes;
  for (int steps = 0; at >= conventional_bytes && at + 12 <= extended_bytes && steps < 960; ++steps) {
    const auto head = little_endian(config, at, 4);
    if (head == 0 || head == 0xffffffff) break;
    if ((head & 0xffff) == 3) {
      std::string text;
      for (int i = 7; i >= 0; --i) {
        char pair[8];
        std::snprintf(pair, sizeof pair, "%s%02x", text.empty() ? "" : "-",
                      static_cast<unsigned>(static_cast<unsigned char>(config[at + 4 + static_cast<std::size_t>(i)])));
        text += pair;
      }
      return text;
    }
    at = head >> 20 & 0xffc;
  }
  return Observed<std::string>::absent();
}

}  // namespace

void read_config(const Root& root, const std::string& path, GuestFunction& function) {
  // Reading `config` powers up a function in D3cold and sees cleared bits in a suspended one: leave it asleep.
  if (function.is_asleep() || function.runtime_status.is_unreadable()) {
    function.command = Observed<std::uint16_t>::unreadable(function.is_asleep() ? "asleep" : "it may be asleep");
    return;
  }
  const auto config = root.read_head(path + "/config", header_bytes);
  if (!config.has_value()) {
    function.command = Observed<std::uint16_t>::like(config);
    return;
  }
  if (config->size() < header_bytes) {
    function.command = Observed<std::uint16_t>::unreadable("config is shorter than 64 bytes");
    return;
  }
  // A virtual function's ids read ffff; with the command register all ones too, nothing answers.
  function.answers_nothing = little_endian(config.value(), 0, 4) == 0xffffffff &&
                             little_endian(config.value(), 4, 4) == 0xffffffff;
  function.command = static_cast<std::uint16_t>(little_endian(config.value(), 4, 2));
}

void read_serials(const Root& root, GuestView& view, const std::function<bool(const GuestFunction&)>& wanted) {
  if (!view.functions.has_value()) return;
  bool hidden = false;
  for (auto& function : view.functions.value()) {
    if (!wanted(function)) continue;
    if (function.is_asleep() || function.runtime_status.is_unreadable() || function.answers_nothing) {
      function.serial = Observed<std::string>::unreadable(function.answers_nothing ? "it answers nothing" : "asleep");
      continue;
    }
    const auto config = root.read_head("/sys/bus/pci/devices/" + function.address.text() + "/config", extended_bytes);
    function.serial = config.has_value() ? device_serial(config.value())
                                         : Observed<std::string>::unreadable("its configuration space: " + config.why());
    hidden = hidden || function.serial.is_unreadable();
  }
  if (hidden) view.notes.push_back("Device serial numbers could not be read; root in the guest can see them.");
}

}  // namespace vfio_doctor
