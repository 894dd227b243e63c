// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/observed.hpp"
#include "machine/pci_address.hpp"
#include "machine/root.hpp"

namespace vfio_doctor {

/// A device a person types or points with.
struct InputDevice {
  std::string name;  ///< "Logitech USB Keyboard"
  bool keyboard = false, mouse = false;
  std::vector<PciAddress> functions;  ///< the controller it hangs on; empty for PS/2 and platform devices
};

/// A device on a USB bus of a PCI host controller; root hubs are left out.
struct UsbDevice {
  std::string id;       ///< "046d:c31c"
  std::string product;  ///< "USB Keyboard", empty where it has no name
  std::string kind;     ///< "keyboard", "mouse", "Bluetooth", "storage", "hub", ... empty where unknown
  PciAddress controller;
};

struct Framebuffer {
  std::string name;    ///< "simpledrmdrmfb", "efifb"
  std::string source;  ///< "/proc/fb", "/proc/iomem"
  std::vector<PciAddress> functions;
};

/// A screen that shows a picture now.
struct LitScreen {
  std::string connector;  ///< "card0-DP-1"
  std::vector<PciAddress> functions;
};

struct ConsoleFacts {
  Observed<std::vector<InputDevice>> inputs;
  Observed<std::vector<UsbDevice>> usb;
  /// In the order of their numbers: the first is the one the text console draws on. Empty: the kernel has none.
  Observed<std::vector<Framebuffer>> framebuffers;
  std::vector<PciAddress> boot_displays;         ///< functions whose screens showed the boot (boot_display, Linux 6.18)
  Observed<std::vector<LitScreen>> lit_screens;  ///< connectors with a screen that is on; absent without DRM
  bool vga_text_console = false;                 ///< the console is the VGA text mode of the boot display
  bool serial_console = false;                   ///< a console= argument names a serial line
};

ConsoleFacts gather_console(const Root& root);

/// Parts of gather_console().
Observed<std::vector<InputDevice>> read_input_devices(const Root& root);
Observed<std::vector<UsbDevice>> read_usb_devices(const Root& root);

}  // namespace vfio_doctor
