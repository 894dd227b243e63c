// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "facts/observed.hpp"
#include "facts/pci_address.hpp"
#include "facts/root/root.hpp"

namespace vfio_doctor {

/// A device a person types or points with, or a radio that carries such devices.
struct InputDevice {
  std::string name;  ///< "Logitech USB Keyboard"
  bool keyboard = false, mouse = false;
  std::vector<PciAddress> functions;  ///< the controller it hangs on; empty for PS/2 and platform devices
};

/// A device on a USB bus of a PCI host controller.
struct UsbDevice {
  std::string id;       ///< "046d:c31c"
  std::string product;  ///< "USB Keyboard", empty where it has no name
  std::string kind;     ///< "keyboard", "mouse", "Bluetooth", "storage", "hub", ... empty where unknown
  PciAddress controller;
};

struct Framebuffer {
  std::string name;    ///< "simpledrmdrmfb", "efifb"
  std::string source;  ///< "/proc/fb"
  std::vector<PciAddress> functions;
};

struct ConsoleFacts {
  Observed<std::vector<InputDevice>> inputs;
  Observed<std::vector<UsbDevice>> usb;
  Observed<std::vector<Framebuffer>> framebuffers;
  bool serial_console = false;  ///< a console= argument names a serial line
};

ConsoleFacts gather_console(const Root& root);

}  // namespace vfio_doctor
