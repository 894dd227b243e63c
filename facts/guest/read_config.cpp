// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdint>
#include <functional>

#include "facts/guest/gather_parts.hpp"
#include "machine/pci_config_bytes.hpp"

namespace vfio_doctor {
namespace {

constexpr std::size_t header_bytes = 64, extended_bytes = 4096;

/// Unreadable where a normal user gets no more than the header.
Observed<std::string> read_serial(const std::string& config) {
  if (config.size() <= header_bytes) return Observed<std::string>::unreadable("only root can read behind the first 64 bytes");
  const auto serial = config.size() < extended_bytes ? std::nullopt : device_serial(config);
  return serial ? Observed<std::string>(*serial) : Observed<std::string>::absent();
}

}  // namespace

void read_config(const Root& root, const std::string& path, GuestFunction& function) {
  // Reading `config` powers up a function in D3cold and sees cleared bits in a suspended one: leave it asleep.
  if (function.is_asleep() || function.is_cut_off() || function.runtime_status.is_unreadable()) {
    function.command = Observed<std::uint16_t>::unreadable(function.is_asleep()    ? "asleep"
                                                           : function.is_cut_off() ? "it is in D3cold"
                                                                                   : "it may be asleep");
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
  function.answers_nothing =
      little_endian(config.value(), 0, 4) == 0xffffffff && little_endian(config.value(), 4, 4) == 0xffffffff;
  function.command = static_cast<std::uint16_t>(little_endian(config.value(), 4, 2));
}

void read_serials(const Root& root, GuestView& view, const std::function<bool(const GuestFunction&)>& wanted) {
  if (!view.functions.has_value()) return;
  bool hidden = false;
  for (auto& function : view.functions.value()) {
    if (!wanted(function)) continue;
    if (function.is_asleep() || function.is_cut_off() || function.runtime_status.is_unreadable() || function.answers_nothing) {
      function.id.serial = Observed<std::string>::unreadable(function.answers_nothing ? "it answers nothing" : "asleep");
      continue;
    }
    const auto config = root.read_head("/sys/bus/pci/devices/" + function.address.text() + "/config", extended_bytes);
    function.id.serial = config.has_value() ? read_serial(config.value())
                                            : Observed<std::string>::unreadable("its configuration space: " + config.why());
    hidden = hidden || function.id.serial.is_unreadable();
  }
  if (hidden) view.notes.push_back("Device serial numbers could not be read; root in the guest can see them.");
}

}  // namespace vfio_doctor
