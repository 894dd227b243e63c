// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/device_kind.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace vfio_doctor {
namespace {

/// Accelerators that say they are "system peripherals", as parts of the processor do, and that people do give to guests:
/// Intel's DSA and IAX (pci.ids; drivers/dma/idxd/init.c lists the same ids).
constexpr std::array<std::uint16_t, 5> accelerators = {0x0b25, 0x0cfe, 0x11fb, 0x1212, 0x1216};

bool is_accelerator(const DeviceReport& device) {
  return device.id.vendor.is(0x8086) && device.id.device.has_value() &&
         std::ranges::find(accelerators, device.id.device.value()) != accelerators.end();
}

DeviceKind kind_of_class(unsigned base, unsigned sub, const DeviceReport& device) {
  using enum DeviceKind;
  if (base == 0x03 || base == 0x12) return graphics;
  if (base == 0x02 || base == 0x0d) return network;
  if (base == 0x01) return storage;
  if (base == 0x0c && sub == 0x03) return usb;
  if (base == 0x04) return audio;
  if (base == 0x06) return sub == 0x04 ? bridge : platform_part;
  // What hangs below a port was plugged in or soldered on for its own sake.
  const bool built_in = !device.parent;
  if (base == 0x08 && (sub == 0x05 || is_accelerator(device))) return other;  // SD host controllers
  if (base == 0x0c && sub == 0x05) return built_in ? platform_part : other;   // SMBus
  if (base == 0x05 && sub == 0x02) return other;                              // CXL memory devices
  if (base == 0x05 || base == 0x08 || base == 0x11 || base == 0x13) return built_in ? platform_part : other;
  return other;
}

}  // namespace

DeviceKind kind_of(const DeviceReport& device) {
  if (device.is_bridge) return DeviceKind::bridge;
  if (!device.id.class_code.has_value()) return DeviceKind::other;
  const auto code = device.id.class_code.value();
  return kind_of_class(code >> 16, code >> 8 & 0xff, device);
}

std::string_view to_text(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::graphics:
      return "graphics";
    case DeviceKind::network:
      return "network";
    case DeviceKind::storage:
      return "storage";
    case DeviceKind::usb:
      return "USB";
    case DeviceKind::audio:
      return "audio";
    case DeviceKind::other:
      return "other";
    case DeviceKind::platform_part:
      return "part of the chipset or processor";
    case DeviceKind::bridge:
      return "bridge";
  }
  return "other";
}

bool is_machinery(const DeviceReport& device) {
  const DeviceKind kind = kind_of(device);
  return kind == DeviceKind::platform_part || kind == DeviceKind::bridge;
}

}  // namespace vfio_doctor
