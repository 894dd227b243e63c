// SPDX-License-Identifier: GPL-2.0-or-later
#include "reports/device_kind.hpp"

#include <array>

namespace vfio_doctor {
namespace {

/// Accelerators that say they are "system peripherals", as parts of the processor do, and that people do give to guests:
/// Intel's DSA and IAX (pci.ids; drivers/dma/idxd/init.c lists the same ids).
constexpr std::array<std::string_view, 5> accelerators = {"0b25", "0cfe", "11fb", "1212", "1216"};

bool is_accelerator(const DeviceReport& device) {
  if (device.vendor_id != "8086" || !device.device_id) return false;
  for (const auto id : accelerators)
    if (*device.device_id == id) return true;
  return false;
}

DeviceKind kind_of_class(std::string_view base, std::string_view sub, const DeviceReport& device) {
  using enum DeviceKind;
  if (base == "03" || base == "12") return graphics;
  if (base == "02" || base == "0d") return network;
  if (base == "01") return storage;
  if (base == "0c" && sub == "03") return usb;
  if (base == "04") return audio;
  if (base == "06") return sub == "04" ? bridge : platform_part;
  // What hangs below a port was plugged in or soldered on for its own sake.
  const bool built_in = !device.parent;
  if (base == "08" && (sub == "05" || is_accelerator(device))) return other;  // SD host controllers
  if (base == "0c" && sub == "05") return built_in ? platform_part : other;   // SMBus
  if (base == "05" && sub == "02") return other;                              // CXL memory devices
  if (base == "05" || base == "08" || base == "11" || base == "13") return built_in ? platform_part : other;
  return other;
}

}  // namespace

DeviceKind kind_of(const DeviceReport& device) {
  if (device.is_bridge) return DeviceKind::bridge;
  if (!device.class_code || device.class_code->size() < 4) return DeviceKind::other;
  const std::string_view code = *device.class_code;
  return kind_of_class(code.substr(0, 2), code.substr(2, 2), device);
}

std::string_view to_text(DeviceKind kind) {
  switch (kind) {
    case DeviceKind::graphics: return "graphics";
    case DeviceKind::network: return "network";
    case DeviceKind::storage: return "storage";
    case DeviceKind::usb: return "USB";
    case DeviceKind::audio: return "audio";
    case DeviceKind::other: return "other";
    case DeviceKind::platform_part: return "part of the chipset or processor";
    case DeviceKind::bridge: return "bridge";
  }
  return "other";
}

bool is_machinery(const DeviceReport& device) {
  const DeviceKind kind = kind_of(device);
  return kind == DeviceKind::platform_part || kind == DeviceKind::bridge;
}

}  // namespace vfio_doctor
