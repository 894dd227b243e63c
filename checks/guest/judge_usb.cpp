// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <cstddef>

#include "base/text.hpp"
#include "checks/guest/class_rules.hpp"
#include "checks/guest/rungs.hpp"

namespace vfio_doctor {
namespace {

std::string shown(const ExpectedUsb& expected) {
  return expected.product.empty() ? expected.id : expected.product + " [" + expected.id + "]";
}

std::string shown(const GuestUsb& device) {
  return device.product.empty() ? device.id : device.product + " [" + device.id + "]";
}

bool is_it(const ExpectedUsb& expected, const GuestUsb& seen) {
  if (seen.id != expected.id) return false;
  return !expected.serial || !seen.serial.has_value() || seen.serial.value() == *expected.serial;
}

/// What of `expected` is in `seen`, and what is not; each seen one stands for at most one expected one. Those with a
/// serial choose first: they are pickier.
struct Matched {
  std::vector<const GuestUsb*> there;
  std::vector<const ExpectedUsb*> missing;
};

Matched match(const std::vector<ExpectedUsb>& expected, const std::vector<GuestUsb>& seen) {
  std::vector<const ExpectedUsb*> order;
  for (const auto& one : expected) order.push_back(&one);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->serial.has_value() > b->serial.has_value(); });
  std::vector<bool> used(seen.size(), false);
  Matched matched;
  for (const auto* one : order) {
    std::size_t found = seen.size();
    for (std::size_t i = 0; i < seen.size(); ++i) {
      if (used[i] || !is_it(*one, seen[i])) continue;
      const bool surely = one->serial && seen[i].serial.has_value();
      if (found == seen.size() || surely) found = i;
      if (surely) break;
    }
    if (found == seen.size()) {
      matched.missing.push_back(one);
    } else {
      used[found] = true;
      matched.there.push_back(&seen[found]);
    }
  }
  return matched;
}

std::string names(const std::vector<const ExpectedUsb*>& list) {
  std::vector<std::string> parts;
  for (const auto* one : list) parts.push_back(shown(*one));
  return join(parts, ", ");
}

std::string counted_devices(std::size_t count) { return count == 1 ? "1 device" : std::to_string(count) + " devices"; }

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
  if (seen.interrupts.arrived.is_unreadable())
    return rung_result(Status::unknown, "nothing is plugged in, and whether it signals was not seen.");
  if (is_silent(seen))
    return rung_result(Status::unknown,
                       "nothing is plugged in, and no interrupt from it has ever arrived. Plug something in, then look "
                       "again.");
  return rung_result(Status::pass, "the controller works; nothing is plugged in.");
}

std::string usb_problem(const GuestUsb& device);

/// On the controller itself: what hangs on it was read from the guest's device tree.
RungResult judge_tied(const ExpectedDevice& expected, const GuestFunction& seen) {
  const auto& devices = seen.usb.value();
  if (std::none_of(devices.begin(), devices.end(), [](const GuestUsb& device) { return device.is_root_hub; }))
    return rung_result(Status::fail, "its driver is there, but the controller has no USB bus.");
  const auto matched = match(expected.usb, devices);
  if (!matched.missing.empty())
    return rung_result(Status::fail, "not on this controller: " + names(matched.missing) + ". Was it unplugged?");
  for (const auto* device : matched.there)
    if (const auto problem = usb_problem(*device); !problem.empty()) return rung_result(Status::fail, problem);
  std::vector<std::string> attached;
  for (const auto& device : devices) {
    if (device.is_root_hub) continue;
    attached.push_back(device.product.empty() ? device.id : device.product);
    if (device.is_keyboard_or_mouse && device.inputs.empty())
      return rung_result(Status::fail, "the input device " + device.id + " is on it, but gives no input.");
  }
  if (!attached.empty() && is_silent(seen)) return rung_result(Status::fail, "no interrupt from it has ever arrived.");
  if (attached.empty()) return judge_empty(seen);
  return rung_result(Status::pass,
                     "the controller works, with " + counted_devices(attached.size()) + " on it: " + listed(attached) + ".");
}

/// "xhci" of "xhci_hcd", "xhci-pci-renesas" and "xhci-hcd".
std::string_view family_of(std::string_view driver) { return driver.substr(0, driver.find_first_of("_-")); }

/// What another listing says against a device that is there: Windows reports a problem, or a keyboard has no driver.
std::string usb_problem(const GuestUsb& device) {
  const auto name = shown(device);
  if (device.problem_code.has_value() && device.problem_code.value() != 0) {
    const auto* problem = find_problem_code(device.problem_code.value());
    return name + ": " +
           (problem ? problem_text(*problem)
                    : "Windows reports problem code " + std::to_string(device.problem_code.value()) + ".");
  }
  if (device.is_hid && device.lacks_driver) return "the input device " + name + " is there, but no driver takes its input.";
  return {};
}

/// More buses than one controller makes: an xHCI makes one for USB 2 and one for USB 3, the others make one. Where `family` is
/// known, among those that a driver of it has, or of which that is not shown.
bool has_other_buses(const std::vector<GuestUsb>& devices, std::string_view family) {
  const auto hubs = [&](std::string_view id) {
    return std::ranges::count_if(devices, [&](const GuestUsb& device) {
      const bool may_be = family.empty() || device.bus_driver.empty() || family_of(device.bus_driver) == family;
      return device.is_root_hub && device.id == id && may_be;
    });
  };
  return hubs("1d6b:0001") + hubs("1d6b:0002") > 1 || hubs("1d6b:0003") > 1;
}

/// The family of drivers whose buses all of `devices` hang on; empty where that is not shown.
std::string_view common_family(const std::vector<const GuestUsb*>& devices) {
  std::string_view family;
  for (const auto* device : devices) {
    const auto of = family_of(device->bus_driver);
    if (of.empty() || (!family.empty() && of != family)) return {};
    family = of;
  }
  return family;
}

/// How many controllers may have a bus of `family`; empty: any bus. One without a driver has none.
std::ptrdiff_t controllers_of(const GuestView& view, std::string_view family) {
  if (!view.functions.has_value()) return 0;
  return std::ranges::count_if(view.functions.value(), [family](const GuestFunction& function) {
    const bool is_of_another = !family.empty() && function.driver.has_value() && family_of(function.driver.value()) != family;
    return function.is_usb_controller() && !function.driver.is_absent() && !is_of_another;
  });
}

std::string counted_in_guest(std::size_t count) {
  return "its " + counted_devices(count) + (count == 1 ? " is in the guest" : " are in the guest");
}

/// From a listing like lsusb, which does not tell whose bus it is.
RungResult judge_loose(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view) {
  const auto [there, gone] = match(expected.usb, view.loose_usb.value());
  if (!gone.empty() && view.usb_complete)
    return rung_result(Status::fail, "not among the guest's USB devices: " + names(gone) + ".");
  if (!gone.empty())
    return rung_result(Status::unknown, "not in the part of the USB listing that was given: " + names(gone) + ".");
  for (const auto* device : there)
    if (const auto problem = usb_problem(*device); !problem.empty()) return rung_result(Status::fail, problem);
  for (const auto* device : there)
    if (seen.driver.has_value() && !device->bus_driver.empty() &&
        family_of(device->bus_driver) != family_of(seen.driver.value()))
      return rung_result(Status::unknown, shown(*device) + " hangs on a bus of " + device->bus_driver + ", not on one of " +
                                              seen.driver.value() + ".");
  const auto family = common_family(there);
  if (expected.usb.empty()) return rung_result(Status::unknown, "the USB listing does not tell whose bus is whose.");
  const auto counted = counted_in_guest(expected.usb.size());
  const bool is_alone = controllers_of(view, family) == 1 && !has_other_buses(view.loose_usb.value(), family);
  if (!is_alone || !view.functions_complete)
    return rung_result(Status::unknown, counted + ", but the listing does not tell on which controller.");
  return rung_result(Status::pass, counted + ", which has no other USB controller" +
                                       (controllers_of(view, {}) == 1 ? "." : " with a bus of " + std::string(family) + "."));
}

}  // namespace

RungResult judge_usb(const ExpectedDevice& expected, const GuestFunction& seen, const GuestView& view) {
  if (seen.usb.has_value()) return judge_tied(expected, seen);
  if (view.loose_usb.has_value()) return judge_loose(expected, seen, view);
  return rung_result(Status::unknown, "what hangs on it was not seen: " + seen.usb.why() + ".");
}

}  // namespace vfio_doctor
