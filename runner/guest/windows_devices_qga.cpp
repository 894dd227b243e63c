// SPDX-License-Identifier: GPL-2.0-or-later
// windows_devices_through_qga() of guest_channel.hpp.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runner/guest/find_domain.hpp"
#include "runner/guest/guest_channel.hpp"
#include "runner/guest/interruption.hpp"
#include "runner/guest/qga.hpp"

namespace vfio_doctor {
namespace {

using Json = nlohmann::json;

/// One of guest-get-devices' (qga/qapi-schema.json: GuestDeviceInfo, GuestDeviceIdPCI); nothing where it is no PCI function.
std::optional<GuestFunction> windows_function(const Json& device) {
  constexpr unsigned most = 0xffff;
  if (!device.is_object() || !device.contains("id") || !device["id"].is_object()) return std::nullopt;
  const auto& id = device["id"];
  const auto number = [&id](const char* key) {
    const auto member = id.find(key);
    return member != id.end() && member->is_number_unsigned() && *member <= most ? std::optional(member->get<std::uint16_t>())
                                                                                 : std::nullopt;
  };
  const auto vendor = number("vendor-id"), model = number("device-id");
  if (!vendor || !model) return std::nullopt;
  GuestFunction function;
  function.has_address = false;
  function.id.vendor = *vendor;
  function.id.device = *model;
  const auto name = device.find("driver-name");
  function.driver = Observed<std::string>::unreadable(
      (name != device.end() && name->is_string() ? "\"" + name->get<std::string>().substr(0, 120) + "\"" : std::string("one")) +
      " is installed, but the guest agent does not tell whether it runs");
  return function;
}

}  // namespace

GuestView windows_devices_through_qga(const std::string& domain, ProcessRunner run, const ChannelClock& clock) {
  constexpr std::size_t most_devices = 4096;
  require_domain_name(domain);
  const Interruption interruption;
  Qga qga(domain, run, clock, guest_time);
  const auto devices = qga.command("guest-get-devices");
  if (!devices.is_array()) qga.fail("guest-get-devices: the guest agent's answer is not valid");
  GuestView view;
  view.name = domain;
  std::vector<GuestFunction> functions;
  for (const auto& device : devices)
    if (auto function = windows_function(device); function && functions.size() < most_devices)
      functions.push_back(std::move(*function));
  view.functions = std::move(functions);
  view.functions_complete = false;  // those without a driver are left out
  view.usb_complete = false;
  view.notes.push_back(
      "The guest runs Windows: only what its guest agent tells of its devices was seen. For more, run vfio-guest-agent.exe in "
      "the "
      "guest, or capture \"Get-PnpDevice -PresentOnly | ConvertTo-Json\" there and give it to --evidence.");
  return view;
}

}  // namespace vfio_doctor
