// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>

#include "base/text.hpp"
#include "checks/check.hpp"

namespace vfio_doctor {
namespace {

std::vector<Finding> run(const Host& host);
constexpr Check check{"last-keyboard", "The last keyboard", 40, run};

constexpr std::size_t most_listed = 16;

/// What goes with one controller.
struct Controller {
  std::vector<std::string> keyboards;
  bool mouse = false, bluetooth = false;
  std::vector<Evidence> devices;

  std::string what_goes() const {
    std::vector<std::string> words;
    if (!keyboards.empty()) words.emplace_back("keyboard");
    if (mouse) words.emplace_back("mouse");
    if (bluetooth) words.emplace_back("Bluetooth");
    if (words.size() < 2) return join(words, "");
    const auto last = words.back();
    words.pop_back();
    return join(words, ", ") + " and " + last;
  }
};

using Controllers = std::map<PciAddress, Controller>;

void add_usb(const Host& host, bool inputs_known, Controllers& controllers) {
  const auto* devices = host.console.usb.get();
  if (!devices) return;
  for (const auto& device : *devices) {
    auto& controller = controllers[device.controller];
    const bool is_keyboard = device.kind.find("keyboard") != std::string::npos;
    // Many mice answer as keyboards, too; the input layer knows better where it could be asked.
    if (is_keyboard && !inputs_known) controller.keyboards.push_back(device.product.empty() ? device.id : device.product);
    controller.mouse |= device.kind.find("mouse") != std::string::npos;
    controller.bluetooth |= device.kind.find("Bluetooth") != std::string::npos;
    if (controller.devices.size() == most_listed) controller.devices.push_back({"/sys/bus/usb/devices", "and more"});
    if (controller.devices.size() > most_listed) continue;
    std::string words = device.id;
    if (!device.product.empty()) words += " " + device.product;
    if (!device.kind.empty()) words += " (" + device.kind + ")";
    controller.devices.push_back({"/sys/bus/usb/devices", words});
  }
}

/// The keyboards that hang on no PCI function (PS/2, a laptop's own) are returned.
std::vector<std::string> add_inputs(const std::vector<InputDevice>& inputs, Controllers& controllers) {
  std::vector<std::string> elsewhere;
  for (const auto& input : inputs) {
    if (input.keyboard && input.functions.empty()) elsewhere.push_back(input.name);
    for (const auto& function : input.functions) {
      auto& controller = controllers[function];
      const auto known = std::ranges::find(controller.keyboards, input.name);
      if (input.keyboard && known == controller.keyboards.end()) controller.keyboards.push_back(input.name);
      controller.mouse |= input.mouse;
    }
  }
  return elsewhere;
}

Finding last_keyboard(const PciAddress& address, const Controller& controller) {
  auto finding = check.finding(Status::warn, device_subject(address),
                               "Every keyboard of this host hangs on it: " + controller.what_goes() + " would go with it.");
  finding.evidence = {{"/proc/bus/input/devices", join(controller.keyboards, ", ").substr(0, 300)}};
  finding.evidence.insert(finding.evidence.end(), controller.devices.begin(), controller.devices.end());
  finding.remedy = {{"Make sure of another way in first: ssh from another machine, or a keyboard on another controller.",
                     {"lsusb -t"},
                     {},
                     "While a guest has the controller, nothing can be typed at this host."}};
  return finding;
}

std::vector<Finding> run(const Host& host) {
  Controllers controllers;
  const auto* inputs = host.console.inputs.get();
  const auto elsewhere = inputs ? add_inputs(*inputs, controllers) : std::vector<std::string>();
  add_usb(host, inputs != nullptr, controllers);

  const auto has_keyboard = [](const auto& entry) { return !entry.second.keyboards.empty(); };
  const auto with_keyboards = std::ranges::count_if(controllers, has_keyboard);
  if (!inputs && with_keyboards == 0) {
    const auto why = host.console.inputs.why();
    const std::string file = why.find("/proc/") == std::string::npos ? "/proc/bus/input/devices: " : "";
    auto finding =
        check.finding(Status::unknown, host_subject, "The keyboards of this host could not be read (" + file + why + ").");
    finding.evidence = {{"/proc/bus/input/devices", host.console.inputs.why()}};
    if (!host.console.usb.has_value()) finding.evidence.push_back({"/sys/bus/usb/devices", host.console.usb.why()});
    return {finding};
  }
  if (with_keyboards == 0)
    return {check.finding(elsewhere.empty() ? Status::not_applicable : Status::pass, host_subject,
                          elsewhere.empty() ? "No keyboard is plugged in." : "The keyboard hangs on no PCI device.")};
  if (with_keyboards == 1 && elsewhere.empty()) {
    const auto& [address, controller] = *std::ranges::find_if(controllers, has_keyboard);
    return {last_keyboard(address, controller)};
  }
  return {check.finding(Status::pass, host_subject,
                        "No single device carries all keyboards: " +
                            (elsewhere.empty() ? "they hang on " + std::to_string(with_keyboards) + " controllers."
                                               : elsewhere.front() + " stays in any case."))};
}

}  // namespace

Check last_keyboard_check() { return check; }

}  // namespace vfio_doctor
