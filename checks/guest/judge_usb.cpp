// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/text.hpp"
#include "checks/guest/class_rules.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

std::string shown(const ExpectedUsb& expected) {
  return expected.product.empty() ? expected.id : expected.product + " [" + expected.id + "]";
}

bool is_it(const ExpectedUsb& expected, const GuestUsb& seen) {
  if (seen.id != expected.id) return false;
  return !expected.serial || !seen.serial.has_value() || seen.serial.value() == *expected.serial;
}

/// Expected devices that are not in `seen`; each seen one stands for at most one expected one. Those with a
/// serial choose first: they are pickier.
std::vector<const ExpectedUsb*> missing(const std::vector<ExpectedUsb>& expected, const std::vector<GuestUsb>& seen) {
  std::vector<const ExpectedUsb*> order;
  for (const auto& one : expected) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->serial.has_value() > b->serial.has_value(); });
  std::vector<bool> used(seen.size(), false);
  std::vector<const ExpectedUsb*> not_there;
  for (const auto* one : order) {
    std::size_t found = seen.size();
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (used[i] || !is_it(*one, seen[i])) continue;
      const bool surely = one->serial && seen[i].serial.has_value();
      if (found == seen.size() || surely) found = i;
      if (surely) break;
    }
    if (found == seen.size())
      not_there.push_back(one);
    else
      used[found] = true;
  }
  return not_there;
}

std::string names(const std::vector<const ExpectedUsb*>& list) {
  std::vector<std::string> parts;
  for (const auto* one : list) parts.push_back(shown(*one));
  return join(parts, ", ");
}

std::string counted_devices(std::size_t count) {
  return count == 1 ? "1 device" : std::to_string(count) + " devices";
}

std::string listed(std::vector<std::string> names) {
  constexpr std::size_t most = 8;
  if (names.size() > most) {
    names.resize(most);
    names.push_back("...");
  }
  return join(names, ", ");
}

/// Root hubs stay in the list when the controller has died (usb_hc_died() in drivers/usb/core/hcd.c), so they prove little.
RungResult judge_empty(const GuestFunction& seen) {
  const auto tells_of_enumeration = [](const GuestLogLine& line) { return line.topic == "enumeration"; };
  if (seen.log_errors.has_value() && std::ranges::any_of(seen.log_errors.value(), tells_of_enumeration))
    return rung_result(Status::fail, "what is plugged in could not be enumerated, and nothing else is on it.");
  if (is_silent(seen))
    return rung_result(Status::unknown, "nothing is plugged in, and no interrupt from it has ever arrived. Plug something in, then look "
                                        "again.");
  return rung_result(Status::pass, "the controller works; nothing is plugged in.");
}

/// On the controller itself: what hangs on it was read from the guest's device tree.
RungResult judge_tied(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto& devices = seen.usb.value();
  if (std::none_of(devices.begin(), devices.end(), [](const GuestUsb& device) { return device.is_root_hub; }))
    return rung_result(Status::fail, "its driver is there, but the controller has no USB bus.");
  if (const auto gone = missing(expected.usb, devices); !gone.empty())
    return rung_result(Status::fail, "not on this controller: " + names(gone) + ". Was it unplugged?");
  std::vector<std::string> attached;
  for (const auto& device : devices) {
    if (device.is_root_hub) continue;
    attached.push_back(device.product.empty() ? device.id : device.product);
    if (device.is_keyboard_or_mouse && device.inputs.empty())
      return rung_result(Status::fail, "the input device " + device.id + " is on it, but gives no input.");
  }
  if (!attached.empty() && is_silent(seen))
    return rung_result(Status::fail, "no interrupt from it has ever arrived.");
  if (attached.empty()) return judge_empty(seen);
  return rung_result(Status::pass, "the controller works, with " + counted_devices(attached.size()) + " on it: " + listed(attached) + ".");
}

/// From a listing like lsusb, which does not tell whose bus it is.
RungResult judge_loose(const ExpectedDevice& expected, const GuestView& view) {
  const auto gone = missing(expected.usb, view.loose_usb.value());
  if (!gone.empty() && view.usb_complete)
    return rung_result(Status::fail, "not among the guest's USB devices: " + names(gone) + ".");
  if (!gone.empty())
    return rung_result(Status::unknown, "not in the part of the USB listing that was given: " + names(gone) + ".");
  const auto controllers =
      !view.functions.has_value()
          ? 0
          : std::count_if(view.functions->begin(), view.functions->end(),
                          [](const GuestFunction& function) { return function.is_usb_controller(); });
  if (expected.usb.empty()) return rung_result(Status::unknown, "the USB listing does not tell whose bus is whose.");
  if (controllers == 1 && view.functions_complete)
    return rung_result(Status::pass, "its " + counted_devices(expected.usb.size()) +
                                         " are in the guest, which has no other USB controller.");
  return rung_result(Status::unknown, "its " + counted_devices(expected.usb.size()) +
                                          " are in the guest, but the listing does not tell on which controller.");
}

}  // namespace

RungResult judge_usb(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view) {
  if (seen.usb.has_value()) return judge_tied(expected, seen);
  if (view.loose_usb.has_value()) return judge_loose(expected, view);
  return rung_result(Status::unknown, "what hangs on it was not seen: " + seen.usb.why() + ".");
}

}  // namespace vfio_doctor
